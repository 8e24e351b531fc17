/** What is tried of keys: they are published, tokens of an earlier key pass, and those of a retired one do not. */
import { AuthManager } from "claimgate";
import { decode, JWKSClient } from "claimgate/jwt";
import type { Auth } from "../server/auth.ts";
import * as calls from "./calls.ts";
import type { Transcript } from "./transcript.ts";

export interface KeyStage {
  readonly transcript: Transcript;
  /** The server's manager. */
  readonly auth: Auth;
  /** The manager as it was before the key was rotated. */
  readonly before: Auth;
  readonly url: string;
}

export async function playKeys({ transcript, auth, before, url }: KeyStage): Promise<void> {
  const [old, current] = [await tokenOf(before), await tokenOf(auth)];
  const attempt = (holding: string, token: string, expected: string) =>
    transcript.attempt({ who: "ada", holding, token, call: calls.protectedRoute, expected });

  transcript.heading("Keys: anybody may verify with what /.well-known/jwks.json publishes");
  const published = new JWKSClient(`${url}/.well-known/jwks.json`);
  for (const [holding, token] of [
    ["an earlier key's", old],
    ["the newest key's", current],
  ] as const) {
    const claims = await decode(token.signed, await published.getSigningKeyFromJwt(token.signed), {
      algorithms: ["ES256"],
      issuer: token.iss,
    });
    transcript.check(`${holding} token, verified by a stranger`, claims["sub"] === "ada");
  }

  transcript.heading("Keys: an earlier one verifies until it is retired, and then at once no longer");
  await attempt("earlier key's token", old.signed, "200 ok");
  await attempt("newest key's token", current.signed, "200 ok");
  await auth.retire(old.header["kid"] as string);
  await attempt("retired key's token", old.signed, "401 SIGNATURE_INVALID");
  await attempt("newest key's token", current.signed, "200 ok");
}

async function tokenOf(auth: Auth) {
  return AuthManager.convertToken((await auth.login("ada")).authToken);
}
