/** Finds a file next to a module, compiled or not. */
import { fileURLToPath } from "node:url";

/**
 * `beside(import.meta.url, "./http/server")` is the path of `http/server.js`, or of `.ts` when the
 * caller is a `.ts` file.
 */
export function beside(moduleUrl: string, path: string): string {
  const extension = moduleUrl.endsWith(".ts") ? ".ts" : ".js";
  return fileURLToPath(new URL(`${path}${extension}`, moduleUrl));
}
