/** Finds a file beside a module, for processes that a case starts itself: cases run compiled, so their files end otherwise than they are written. */
import { fileURLToPath } from "node:url";

/** `beside(import.meta.url, "./http/server")` is the path of `http/server.js`, or `.ts` where the caller is one. */
export function beside(moduleUrl: string, path: string): string {
  const extension = moduleUrl.endsWith(".ts") ? ".ts" : ".js";
  return fileURLToPath(new URL(`${path}${extension}`, moduleUrl));
}
