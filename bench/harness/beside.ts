/** Finds a file next to a module. Cases run compiled, so the extension differs from the source's. */
import { fileURLToPath } from "node:url";

/**
 * `beside(import.meta.url, "./http/server")` is the path of `http/server.js`, or of `.ts` when the
 * caller is a `.ts` file.
 */
export function beside(moduleUrl: string, path: string): string {
  const extension = moduleUrl.endsWith(".ts") ? ".ts" : ".js";
  return fileURLToPath(new URL(`${path}${extension}`, moduleUrl));
}
