/** Logging or serialising the library's objects and errors shows no token, signature or key. */
import { inspect } from "node:util";
import { AuthData, AuthManager, JWT } from "claimgate";
import { decode } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { createAuth, ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { shownOf } from "../../support/shown-of.ts";
import { makePair } from "../jwt/keys/key-kinds.ts";

const pair = makePair("P-256");
const privateKey = pair.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const jwk = pair.privateKey.export({ format: "jwk" });
const es256 = new AuthManager({ issuer: ISSUER, algorithm: "ES256", privateKey, now: () => NOW });
const { auth: hs256 } = createAuth();
const fromJwk = new AuthManager({ issuer: ISSUER, algorithm: "ES256", privateKey: jwk as never, now: () => NOW });
const jwt = await hs256.authToken("ada", { scope: { admin: true } });
const good = jwt.signed;
const bad = forge({ secret: "another secret of more than 32 bytes", payload: { private: "payload" } });
const expired = await new JWT("auth", "ada", { maxAge: 1 }).sign(
  new AuthData({ authType: "HS256", secret: SECRET, issuer: ISSUER, now: () => 0 }),
);

const { auth: withCookie } = createAuth({ cookies: { auth: "t" } });
const requests = {
  fresh: hs256.forRequest({ token: good }),
  used: hs256.forRequest({ token: good }),
  refused: hs256.forRequest({ headers: { authorization: `Bearer ${bad}` } }),
};
await requests.used.require();
await refusalOf(requests.refused.require());

const THINGS: ReadonlyArray<readonly [what: string, thing: unknown]> = [
  ["a signed JWT", jwt],
  ["a verified JWT", await hs256.verify(good)],
  ["a JWT from fromSignedToken", JWT.fromSignedToken(good)],
  ["an HS256 manager", hs256],
  ["an ES256 manager", es256],
  ["a manager with a JWK", fromJwk],
  ["an AuthData", new AuthData({ authType: "HS256", secret: SECRET, issuer: ISSUER })],
  [
    "an AuthData with a pair",
    new AuthData({ authType: "ES256", secret: privateKey, publicKey: pair.publicKey, issuer: ISSUER }),
  ],
  ["a fresh RequestAuth", requests.fresh],
  ["a used RequestAuth", requests.used],
  ["a RequestAuth with a rejected token", requests.refused],
  ["the error of an invalid signature", await refusalOf(hs256.verify(bad))],
  ["the error of an expired token", await refusalOf(hs256.verify(expired))],
  ["the error of a rejected rule", await refusalOf(requests.used.require({ scope: "x" }))],
  ["the error of a rejected request", await refusalOf(requests.refused.require())],
  [
    "the error of ambiguous credentials",
    await refusalOf(hs256.forRequest({ headers: { authorization: `Bearer ${good}, Bearer ${bad}` } }).require()),
  ],
  [
    "the error of a rejected cookie",
    await refusalOf(withCookie.forRequest({ headers: { cookie: `t=${good}` } }).require()),
  ],
  ["the error of a malformed payload", await refusalOf(hs256.verify(forge({ payload: `${SECRET} is no JSON` })))],
  ["the error of a malformed header", await refusalOf(hs256.verify(`${good.slice(2)}x`))],
  ["the error of a weak secret", await refusalOf(() => createAuth({ secret: SECRET.slice(0, 20) }).auth)],
  ["the error of a PEM as a secret", await refusalOf(() => createAuth({ secret: privateKey }).auth)],
  [
    "the error of a private PEM as a public key",
    await refusalOf(() => new AuthManager({ issuer: ISSUER, algorithm: "ES256", publicKey: privateKey })),
  ],
  [
    "the error of a malformed PEM",
    await refusalOf(() =>
      new AuthManager({ issuer: ISSUER, algorithm: "ES256", privateKey: privateKey.replace("MIGH", "MIGG") }).ready(),
    ),
  ],
  [
    "the error of a secret as a private key",
    await refusalOf(() => new AuthManager({ issuer: ISSUER, algorithm: "ES256", privateKey: SECRET })),
  ],
  [
    "the error of a JWK on another curve",
    await refusalOf(() => new AuthManager({ issuer: ISSUER, algorithm: "ES384", privateKey: jwk as never })),
  ],
  [
    "the error of a key that does not fit a token",
    await refusalOf(decode(good, privateKey, { algorithms: ["HS256"] })),
  ],
  ["the error of an unknown option", await refusalOf(() => createAuth({ secrets: SECRET } as never).auth)],
  [
    "the error of an option with a wrong type",
    await refusalOf(() => createAuth({ audience: { [SECRET]: good } as never }).auth),
  ],
];

const pemBody = privateKey.split("\n").slice(1, -2);
const SECRETS = [
  SECRET,
  SECRET.slice(0, 20),
  ...pemBody,
  jwk.d as string,
  Buffer.from(SECRET).toString("base64url"),
  ...tokenParts(good),
  ...tokenParts(bad),
  ...tokenParts(expired),
];

describe("the output of inspect and JSON.stringify", () => {
  it.each(THINGS)("contains no secret for %s", (_, thing) => {
    const shown = shownOf(thing);
    for (const secret of SECRETS) expect(shown.includes(secret)).toBe(false);
  });

  it("contains secrets of an ordinary object, so the check can fail", () => {
    const shown = inspect({ token: jwt.signed, key: privateKey, secret: SECRET }, { depth: 10 });
    expect([good, jwk.d as string, SECRET].filter((secret) => shown.includes(secret))).toEqual([good, SECRET]);
  });
});

it("serialises a JWT as its type and claims", () => {
  expect(JSON.parse(JSON.stringify(jwt))).toEqual({ tokenType: "auth", claims: jwt.claims });
});

/** The token, its signature, and its payload: the parts that could restore it. */
function tokenParts(token: string): string[] {
  const [, payload = "", signature = ""] = token.split(".");
  return [token, signature, payload];
}
