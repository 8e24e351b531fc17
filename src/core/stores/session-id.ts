/** The ids of sessions, which carry a tag of their subject, so that a cluster can keep all of a subject's keys in one place. */
import { base64url } from "jose";

/** A new session's id: the subject's tag, a dot and 128 random bits. */
export async function makeSessionId(subject: string | number): Promise<string> {
  return `${await tagOf(subject)}.${base64url.encode(crypto.getRandomValues(new Uint8Array(16)))}`;
}

/** The one id that a session can have which is made of the refresh token `rid`. */
export async function adoptedSessionId(subject: string | number, rid: string): Promise<string> {
  return `${await tagOf(subject)}.~${(await digest(`rid:${rid}`)).slice(0, 22)}`;
}

/** 96 bits that stand for a subject: the part of its sessions' ids before the dot. */
export async function tagOf(subject: string | number): Promise<string> {
  return (await digest(`sub:${subject}`)).slice(0, 16);
}

/** The tag in a session's id. */
export function tagIn(id: string): string {
  return id.slice(0, Math.max(id.indexOf("."), 0));
}

/** 128 random bits: a `rid`, or the name of who claims one. */
export function makeRandomId(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(16)));
}

async function digest(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
