/** base64url of bytes and text: by `node:buffer` where it exists, else by jose. */
import { decode, encode } from "jose/base64url";
import { loadBuiltin } from "./builtins.ts";

interface NodeBuffer {
  from(text: string, encoding: "base64url" | "latin1" | "utf8"): NodeBytes;
  from(memory: ArrayBufferLike, offset: number, length: number): NodeBytes;
}

interface NodeBytes extends Uint8Array<ArrayBuffer> {
  toString(encoding?: "base64url"): string;
}

const node = (loadBuiltin("node:buffer") as { readonly Buffer?: NodeBuffer } | undefined)?.Buffer;

/** The bytes of text that has passed a check for base64url. */
export const bytesOfBase64url: (text: string) => Uint8Array = node ? (text) => node.from(text, "base64url") : decode;

/** The base64url of the UTF-8 of `text`, without padding. */
export const base64urlOfText: (text: string) => string = node
  ? (text) => node.from(text, "utf8").toString("base64url")
  : encode;

/** The base64url of bytes, without padding. */
export const base64urlOfBytes: (bytes: Uint8Array) => string = node
  ? (bytes) => node.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url")
  : encode;

/** The bytes of `text`, which has one character for each byte. */
export const bytesOfLatin1: (text: string) => Uint8Array<ArrayBuffer> = node
  ? (text) => node.from(text, "latin1")
  : (text) => Uint8Array.from(text, (char) => char.charCodeAt(0));
