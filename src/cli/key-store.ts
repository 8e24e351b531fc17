/** Reads and writes a file of keys: one writer at a time, whole or not at all, and readable by its owner only. */
import { chmod, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type FileKey, readKeyFile } from "../core/key-file.ts";
import { CommandError, type Terminal } from "./output.ts";

const OWNER_ONLY = 0o600;

/** The keys in `file`. Throws where it cannot be read or is no key set; warns where others may read it. */
export async function readKeys(file: string, terminal: Terminal): Promise<FileKey[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new CommandError(`${file} cannot be read`, { cause });
  }
  if (process.platform !== "win32" && ((await stat(file)).mode & 0o077) !== 0)
    terminal.err(`Warning: others may read ${file}; chmod 600 it`);
  return readKeyFile(text);
}

/** Makes a new file of `keys`. Throws where there is one already. */
export async function createKeyFile(file: string, keys: readonly FileKey[]): Promise<void> {
  await replace(file, async () => {
    const isThere = await stat(file).then(
      () => true,
      () => false,
    );
    if (isThere) throw new CommandError(`${file} is there already: "claimgate keys rotate" adds a key to it`);
    return keys;
  });
}

/** Replaces the keys in `file` by what `change` makes of them. */
export async function changeKeyFile(
  file: string,
  terminal: Terminal,
  change: (keys: FileKey[]) => Promise<readonly FileKey[]>,
): Promise<void> {
  let target: string;
  try {
    // Where it is a link, the link stays one.
    target = await realpath(file);
  } catch (cause) {
    throw new CommandError(`${file} cannot be read`, { cause });
  }
  await replace(target, async () => change(await readKeys(target, terminal)));
}

// The new text is written into a lock file, which then takes the file's name: as git does, one step that is both the lock and atomic.
async function replace(file: string, make: () => Promise<readonly FileKey[]>): Promise<void> {
  const lock = `${file}.lock`;
  const handle = await open(lock, "wx", OWNER_ONLY).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw new CommandError(`${file} cannot be written`, { cause });
    throw new CommandError(`${lock} is there: another command is at work, or one was stopped; then remove it`);
  });
  try {
    await handle.writeFile(`${JSON.stringify({ keys: await make() }, undefined, 2)}\n`);
    await handle.sync();
    await handle.close();
    // Whatever the umask took or gave.
    await chmod(lock, OWNER_ONLY);
    await rename(lock, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(lock, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}

// So that the new name survives a loss of power; some systems cannot open a folder, and need not.
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
