/** Reads and writes a file of keys: one writer at a time, whole or not at all, and readable by its owner only. */
import { type FileHandle, lstat, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type FileKey, readKeyFile } from "../core/key-ring/key-file.ts";
import { CommandError, fileError, type Terminal } from "./output.ts";

const OWNER_ONLY = 0o600;

/**
 * The keys in `file`. Throws where it cannot be read or is no key set; warns where others may read
 * it.
 */
export async function readKeys(file: string, terminal: Terminal): Promise<FileKey[]> {
  const read = (cause: unknown): never => {
    throw fileError(file, "read", cause);
  };
  const text = await readFile(file, "utf8").catch(read);
  const { mode } = await stat(file).catch(read);
  if (process.platform !== "win32" && (mode & 0o077) !== 0)
    terminal.err(`Warning: others may read ${file}; chmod 600 it`);
  return readKeyFile(text, file);
}

/** Makes a new file of `keys`. Throws `CommandError` if the file exists. */
export async function createKeyFile(file: string, keys: readonly FileKey[]): Promise<void> {
  await create(file, toText(keys), '"claimgate keys rotate" adds a key to it');
}

/** Makes a new file with the text of a secret and nothing else, not even a line break. */
export async function createSecretFile(file: string, secret: string): Promise<void> {
  await create(file, secret, "name another file");
}

async function create(file: string, text: string, remedy: string): Promise<void> {
  await replace(file, async () => {
    const isThere = await lstat(file).then(
      () => true,
      () => false,
    );
    if (isThere) throw new CommandError(`${file} is there already: ${remedy}`);
    return text;
  });
}

/** Replaces the keys in `file` by what `change` makes of them. Its owner stays who it was. */
export async function changeKeyFile(
  file: string,
  terminal: Terminal,
  change: (keys: FileKey[]) => Promise<readonly FileKey[]>,
): Promise<void> {
  // Where it is a link, the link stays one.
  const target = await realpath(file).catch((cause: unknown) => {
    throw fileError(file, "read", cause);
  });
  await replace(target, async (lock) => {
    const keys = await change(await readKeys(target, terminal));
    // A process that runs as its owner must be able to go on reading it, whoever rotates.
    const [before, { uid }] = [await stat(target), await lock.stat()];
    if (uid !== before.uid) await lock.chown(before.uid, before.gid);
    return toText(keys);
  });
}

function toText(keys: readonly FileKey[]): string {
  return `${JSON.stringify({ keys }, undefined, 2)}\n`;
}

// The new text is written into a lock file, which then takes the file's name: as git does, one step
// that is both the lock and atomic.
async function replace(file: string, make: (lock: FileHandle) => Promise<string>): Promise<void> {
  const lock = `${file}.lock`;
  await puttingOffSignals(async (isStopped) => {
    const handle = await open(lock, "wx", OWNER_ONLY).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EEXIST") throw fileError(file, "written", cause);
      throw new CommandError(`${lock} is there: another command is at work, or one was killed; then remove it`);
    });
    try {
      await handle.writeFile(await make(handle));
      // Whatever the umask took or gave.
      await handle.chmod(OWNER_ONLY);
      await handle.sync();
      await handle.close();
      if (isStopped()) throw new CommandError("stopped; nothing was changed");
      await rename(lock, file);
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(lock, { force: true }).catch(() => undefined);
      const isOfSystem = (error as NodeJS.ErrnoException | null)?.syscall !== undefined;
      throw isOfSystem ? fileError(file, "written", error) : error;
    }
  });
  await syncFolder(dirname(file));
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// Who stops a command must not leave its lock behind: the signal takes effect when `work` has
// cleaned up.
async function puttingOffSignals(work: (isStopped: () => boolean) => Promise<void>): Promise<void> {
  let signal: NodeJS.Signals | undefined;
  const note = (name: NodeJS.Signals): void => {
    signal = name;
  };
  for (const name of SIGNALS) process.on(name, note);
  try {
    await work(() => signal !== undefined);
  } finally {
    for (const name of SIGNALS) process.off(name, note);
    if (signal) process.kill(process.pid, signal);
  }
}

// So that the new name survives a loss of power; some systems cannot open a folder, and need not.
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
