/** Proves a contender: it accepts valid tokens, and each of its checks rejects an invalid one. */
import { SignJWT, UnsecuredJWT } from "jose";
import type { Verify } from "./contenders.ts";
import { type Fixture, ISSUER, KID } from "./fixture.ts";

/** `"signature"` is for a contender that checks nothing else. */
export type Checks = "signature" | "all";

/** Throws with the name of the token if `verify` is wrong. */
export async function proveVerify(verify: Verify, fixture: Fixture, checks: Checks): Promise<void> {
  const { tokens } = fixture;
  for (const token of tokens.slice(0, 3)) await verify(token);
  // A cache must return the same verdict.
  for (const token of tokens.slice(0, 3)) await verify(token);
  const [token = ""] = tokens;
  const flipped = token.at(-10) === "A" ? "B" : "A";
  await mustReject("a changed signature", verify, `${token.slice(0, -10)}${flipped}${token.slice(-9)}`);
  if (checks === "signature") return;
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: ISSUER, iat: now, exp: now + 3600, sub: "user-1", type: "auth" };
  const sign = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: fixture.algorithm, kid: KID, typ: "JWT" })
      .sign(fixture.signKey);
  await verify(await sign(good));
  await mustReject("no signature", verify, new UnsecuredJWT(good).encode());
  await mustReject("an expired token", verify, await sign({ ...good, exp: now - 10 }));
  await mustReject("another issuer", verify, await sign({ ...good, iss: "https://other.example.com" }));
  await mustReject("an audience", verify, await sign({ ...good, aud: "another-service" }));
  await mustReject("a refresh token", verify, await sign({ ...good, type: "refresh" }));
  for (const claim of Object.keys(good))
    await mustReject(`no ${claim}`, verify, await sign({ ...good, [claim]: undefined }));
}

async function mustReject(what: string, verify: Verify, token: string): Promise<void> {
  const wasAccepted = await Promise.resolve()
    .then(() => verify(token))
    .then(
      () => true,
      () => false,
    );
  if (wasAccepted) throw new Error(`verify must reject ${what}`);
}
