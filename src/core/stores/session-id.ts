/** Session ids: each begins with a tag of the subject, which keeps it in one slot of a cluster. */
import { encode } from "jose/base64url";
import { loadNodeCrypto } from "../util/builtins.ts";

/** Makes the id of a new session: the subject's tag, a dot and 128 random bits. */
export async function makeSessionId(subject: string | number): Promise<string> {
  return `${await tagOf(subject)}.${encode(crypto.getRandomValues(new Uint8Array(16)))}`;
}

/** Returns the only possible id of a session that adopts the refresh token `rid`. */
export async function adoptedSessionId(subject: string | number, rid: string): Promise<string> {
  return `${await tagOf(subject)}.~${(await digest(`rid:${rid}`)).slice(0, 22)}`;
}

/** Returns the tag of a subject, 96 bits of a hash: the part of its session ids before the dot. */
export async function tagOf(subject: string | number): Promise<string> {
  return (await digest(`sub:${subject}`)).slice(0, 16);
}

/** Returns the tag in a session id. */
export function tagIn(id: string): string {
  return id.slice(0, Math.max(id.indexOf("."), 0));
}

/** Returns 128 random bits, for a `rid`. */
export function makeRandomId(): string {
  return encode(crypto.getRandomValues(new Uint8Array(16)));
}

async function digest(text: string): Promise<string> {
  // Synchronous: WebCrypto would send the text to another thread.
  const hash = loadNodeCrypto()?.hash;
  if (hash) return hash("sha256", text, "base64url");
  return encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
