/** Reads and writes files of keys: atomically, one writer at a time, for the owner only. */
import { type FileHandle, lstat, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type FileKey, readKeyFile } from "../core/key-ring/key-file.ts";
import { CommandError, fileError, type Terminal } from "./output.ts";

const OWNER_ONLY = 0o600;

/**
 * The keys in `file`. Throws if `file` cannot be read or is not a key set. Warns if other users
 * have access to `file`.
 */
export async function readKeys(file: string, terminal: Terminal): Promise<FileKey[]> {
  const read = (cause: unknown): never => {
    throw fileError(file, "read", cause);
  };
  const text = await readFile(file, "utf8").catch(read);
  const { mode } = await stat(file).catch(read);
  if (process.platform !== "win32" && (mode & 0o077) !== 0)
    terminal.err(`Warning: other users have access to ${file}. Run chmod 600 ${file}`);
  return readKeyFile(text, file);
}

/** Makes a new file with `keys`. Throws `CommandError` if the file exists. */
export async function createKeyFile(file: string, keys: readonly FileKey[]): Promise<void> {
  await create(file, toText(keys), '"claimgate keys rotate" adds a key to it');
}

/** Makes a new file with the text of a secret only. Throws `CommandError` if the file exists. */
export async function createSecretFile(file: string, secret: string): Promise<void> {
  await create(file, secret, "name another file");
}

async function create(file: string, text: string, remedy: string): Promise<void> {
  await replace(file, async () => {
    const isThere = await lstat(file).then(
      () => true,
      () => false,
    );
    if (isThere) throw new CommandError(`${file} exists already: ${remedy}`);
    return text;
  });
}

/** Replaces the keys in `file` by the result of `change`, and keeps the owner of the file. */
export async function changeKeyFile(
  file: string,
  terminal: Terminal,
  change: (keys: FileKey[]) => Promise<readonly FileKey[]>,
): Promise<void> {
  // If `file` is a link, its target is replaced, and the link stays.
  const target = await realpath(file).catch((cause: unknown) => {
    throw fileError(file, "read", cause);
  });
  await replace(target, async (lock) => {
    const keys = await change(await readKeys(target, terminal));
    // After root has rotated the keys, processes of the file's owner must still be able to read it.
    const [before, { uid }] = [await stat(target), await lock.stat()];
    if (uid !== before.uid) await lock.chown(before.uid, before.gid);
    return toText(keys);
  });
}

function toText(keys: readonly FileKey[]): string {
  return `${JSON.stringify({ keys }, undefined, 2)}\n`;
}

// Writes the text to a lock file and renames it, as git does, because a rename is atomic.
async function replace(file: string, make: (lock: FileHandle) => Promise<string>): Promise<void> {
  const lock = `${file}.lock`;
  await puttingOffSignals(async (isStopped) => {
    const handle = await open(lock, "wx", OWNER_ONLY).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EEXIST") throw fileError(file, "written", cause);
      throw new CommandError(
        `${lock} exists: another command is changing the file. If that command was killed, remove the lock file`,
      );
    });
    try {
      await handle.writeFile(await make(handle));
      // The umask may have changed the mode.
      await handle.chmod(OWNER_ONLY);
      await handle.sync();
      await handle.close();
      if (isStopped()) throw new CommandError("stopped by a signal: the file is unchanged");
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

// A signal takes effect only after `work` has cleaned up, so that it leaves no lock file behind.
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

// The new name must survive a power failure. Some systems cannot open a folder, and need no sync.
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
