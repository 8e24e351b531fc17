/** The part of the demo about keys: publication, rotation and retirement. */
import { AuthManager } from "claimgate";
import { decode, JWKSClient } from "claimgate/jwt";
import type { Auth } from "../server/auth.ts";
import * as calls from "./calls.ts";
import type { Transcript } from "./transcript.ts";

export interface KeyStage {
  readonly transcript: Transcript;
  /** The server's manager. */
  readonly auth: Auth;
  /** The manager before the rotation of its key. */
  readonly before: Auth;
  readonly url: string;
}

export async function playKeys({ transcript, auth, before, url }: KeyStage): Promise<void> {
  const [old, current] = [await tokenOf(before), await tokenOf(auth)];
  const attempt = (holding: string, token: string, expected: string) =>
    transcript.attempt({ who: "ada", holding, token, call: calls.protectedRoute, expected });

  transcript.heading("Keys: any service can verify tokens with the keys of /.well-known/jwks.json");
  const published = new JWKSClient(`${url}/.well-known/jwks.json`);
  for (const [holding, token] of [
    ["an earlier key's", old],
    ["the newest key's", current],
  ] as const) {
    const claims = await decode(token.signed, await published.getSigningKeyFromJwt(token.signed), {
      algorithms: ["ES256"],
      issuer: token.iss as string,
    });
    transcript.check(`${holding} token, verified by another service`, claims["sub"] === "ada");
  }

  transcript.heading("Keys: tokens of an earlier key are valid until that key is retired");
  await attempt("earlier key's token", old.signed, "200 ok");
  await attempt("newest key's token", current.signed, "200 ok");
  await auth.retire(old.header["kid"] as string);
  await attempt("retired key's token", old.signed, "401 SIGNATURE_INVALID");
  await attempt("newest key's token", current.signed, "200 ok");
}

async function tokenOf(auth: Auth) {
  return AuthManager.convertToken((await auth.login("ada")).authToken);
}
