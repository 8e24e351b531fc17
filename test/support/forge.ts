/** Hand-made tokens. */
import { createHmac } from "node:crypto";
import { ISSUER, NOW, SECRET } from "./create-auth.ts";

/** Claims that a manager of `createAuth` accepts at `NOW`. */
export function goodClaims(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { iss: ISSUER, iat: NOW, exp: NOW + 60, sub: "ada", type: "auth", ...over };
}

export function base64url(value: string | Uint8Array): string {
  return Buffer.from(value as string).toString("base64url");
}

interface Forgery {
  /** Objects become JSON; text and bytes stay as they are. Default: `HS256`, `JWT`. */
  readonly header?: object | string | Uint8Array;
  /** Default: `goodClaims()`. */
  readonly payload?: object | string | Uint8Array;
  readonly secret?: string | Uint8Array;
  /** Replaces the real signature. */
  readonly signature?: string;
}

/** A token with a signature of HMAC-SHA-256, whatever its header says. */
export function forge(forgery: Forgery = {}): string {
  const { header = { alg: "HS256", typ: "JWT" }, payload = goodClaims(), secret = SECRET } = forgery;
  const input = `${segmentOf(header)}.${segmentOf(payload)}`;
  return `${input}.${forgery.signature ?? createHmac("sha256", secret).update(input).digest("base64url")}`;
}

function segmentOf(part: object | string | Uint8Array): string {
  return base64url(typeof part === "string" || part instanceof Uint8Array ? part : JSON.stringify(part));
}
