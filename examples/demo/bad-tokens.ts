/** Invalid tokens of each kind, with the verdict that each must get. */
import type { Auth } from "../server/auth.ts";
import type { Tokens } from "./calls.ts";

export interface BadToken {
  readonly holding: string;
  readonly token: string | undefined;
  readonly expected: string;
}

// The rights for every route, so that only the defect of the token can reject a call.
const ALL_RIGHTS = { scope: { admin: true }, claims: { department: "research", admin: true } };

/**
 * Returns what `username` may send instead of a valid auth token. `past` issues tokens that have
 * expired by now.
 */
export async function badAuthTokens(username: string, tokens: Tokens, past: Auth): Promise<readonly BadToken[]> {
  const expired = await past.authToken(username, ALL_RIGHTS);
  return [
    { holding: "no token", token: undefined, expected: "401 TOKEN_MISSING" },
    { holding: "expired token", token: expired.signed, expected: "401 TOKEN_EXPIRED" },
    ...tampered(tokens.authToken),
    { holding: "refresh token", token: tokens.refreshToken, expected: "401 TOKEN_TYPE_INVALID" },
  ];
}

/** Returns what `username` may send instead of a valid refresh token. */
export async function badRefreshTokens(username: string, tokens: Tokens, past: Auth): Promise<readonly BadToken[]> {
  const expired = await past.refreshToken(username);
  return [
    { holding: "no token", token: undefined, expected: "401 TOKEN_MISSING" },
    { holding: "expired token", token: expired.signed, expected: "401 TOKEN_EXPIRED" },
    ...tampered(tokens.refreshToken),
    { holding: "auth token", token: tokens.authToken, expected: "401 TOKEN_TYPE_INVALID" },
  ];
}

function tampered(token: string): readonly BadToken[] {
  const [header, payload, signature] = token.split(".") as [string, string, string];
  return [
    {
      holding: "tampered payload",
      token: [header, changeMiddle(payload), signature].join("."),
      expected: "401 SIGNATURE_INVALID",
    },
    {
      holding: "tampered signature",
      token: [header, payload, changeMiddle(signature)].join("."),
      expected: "401 SIGNATURE_INVALID",
    },
    { holding: "half a token", token: [header, payload].join("."), expected: "401 TOKEN_MALFORMED" },
  ];
}

function changeMiddle(text: string): string {
  const middle = Math.floor(text.length / 2);
  return `${text.slice(0, middle)}${text[middle] === "A" ? "B" : "A"}${text.slice(middle + 1)}`;
}
