/** The three files of the page at /, and their response headers. */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";

// Allows the page's own files and calls to this origin only, and no frame around the page.
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-cache",
};

const FILES: Readonly<Record<string, { type: string; content: Buffer }>> = {
  "/": { type: "text/html", content: read("page.html") },
  "/page.js": { type: "text/javascript", content: read("page.js") },
  "/page.css": { type: "text/css", content: read("page.css") },
};

/** Answers a request for a file of the page. Returns `false` for any other path. */
export function servePage(path: string, res: ServerResponse): boolean {
  const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
  if (!file) return false;
  res.writeHead(200, { ...HEADERS, "content-type": `${file.type}; charset=utf-8` }).end(file.content);
  return true;
}

function read(name: string): Buffer {
  return readFileSync(new URL(`./page/${name}`, import.meta.url));
}
