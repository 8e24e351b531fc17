/** Regressions of trusted issuers and their keys, found in a security review. */
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { AuthManager, isAuthError } from "claimgate";
import { decode, encode, InvalidKeyError } from "claimgate/jwt";
import { createTestClock } from "claimgate/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { guardStream } from "../../src/core/request/guarded-stream.ts";
import { API, ASIDE, createIssuer, entryOf, type Issuer, THEIRS, trusting } from "../core/issuers/support.ts";
import { createAuth, ISSUER, NOW } from "../support/create-auth.ts";
import { base64url } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { verdictOf } from "../support/verdict-of.ts";

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

describe("a trusted issuer's refresh token", () => {
  it.each<[string, Record<string, unknown>]>([
    ["type, as with Flask extensions", { type: "refresh" }],
    ["token_type, as with Simple JWT", { token_type: "refresh" }],
    ["token_use", { token_use: "refresh" }],
    ['typ "Refresh", as with Keycloak', { typ: "Refresh" }],
    ['typ "Offline", as with Keycloak', { typ: "Offline" }],
  ])("is rejected despite its scope when it is marked by %s", async (_, claims) => {
    const auth = trusting(entryOf(theirs, { typ: "JWT" }));
    const token = (over: object): Promise<string> => theirs.token({ scope: "notes", ...over }, { typ: "JWT" });
    expect(await verdictOf(auth, await token(claims))).toBe("TOKEN_TYPE_INVALID");
    const requiring = trusting(entryOf(theirs, { typ: "JWT", require: { scope: "notes" } }));
    expect(await verdictOf(requiring, await token(claims))).toBe("TOKEN_TYPE_INVALID");
    const [name = ""] = Object.keys(claims);
    expect(await verdictOf(auth, await token({ [name]: "access" }))).toBe("allowed");
  });
});

describe("a subject function that uses a missing claim", () => {
  it("rejects the token, so that users without the claim are not merged", async () => {
    const { auth } = createAuth({ trust: [entryOf(theirs, ASIDE)] });
    expect(await verdictOf(auth, await theirs.token({ sub: undefined }))).toBe("CLAIM_INVALID");
    expect((await auth.verify(await theirs.token())).sub).toBe("theirs|42");
  });
});

describe("an RSA key", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const good = publicKey.export({ format: "jwk" });
  const number = (bytes: number): string =>
    Buffer.concat([Buffer.from([0xff]), randomBytes(bytes - 2), Buffer.from([1])]).toString("base64url");

  it.each<[string, object]>([
    ["the exponent 1", { e: "AQ" }],
    ["the exponent 1 after zeros", { e: "AAAB" }],
    ["the exponent 0", { e: "AA" }],
    ["an even exponent", { e: "AQAA" }],
    ["an empty exponent", { e: "" }],
    ["an exponent of more than 64 bits", { e: number(9) }],
    ["more than 16,384 bits", { n: number(2049) }],
  ])("with %s is rejected", async (_, members) => {
    const token = await encode({ sub: "ada" }, privateKey, { algorithm: "RS256" });
    const weak = { ...good, ...members };
    expect(await refusalOf(decode(token, weak, { algorithms: ["RS256"] }))).toBeInstanceOf(InvalidKeyError);
    expect(await decode(token, good, { algorithms: ["RS256"] })).toEqual({ sub: "ada" });
  });

  it("with the exponent 1 is ignored in a key set, because anyone could sign for it", async () => {
    const header = base64url(JSON.stringify({ alg: "RS256", typ: "at+jwt", kid: "weak" }));
    const claims = base64url(JSON.stringify({ iss: THEIRS, sub: "root", aud: API, iat: NOW, exp: NOW + 60 }));
    const digest = createHash("sha256").update(`${header}.${claims}`).digest();
    // EMSA-PKCS1-v1_5 (RFC 8017, section 9.2) is unchanged by the power of 1.
    const info = Buffer.concat([Buffer.from("3031300d060960864801650304020105000420", "hex"), digest]);
    const padded = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(253 - info.length, 0xff), Buffer.from([0]), info]);
    const forged = `${header}.${claims}.${base64url(padded)}`;
    const weak = { kty: "RSA", kid: "weak", n: number(256), e: "AQ" };
    const auth = trusting(entryOf(theirs, { jwks: { keys: [weak, theirs.jwk] }, algorithms: ["RS256", "ES256"] }));
    expect(await verdictOf(auth, forged)).toBe("SIGNATURE_INVALID");
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
  });
});

describe("a key set that changes on every fetch and expires during the fetch", () => {
  it("does not cause endless verifications", async () => {
    const newer = await createIssuer(undefined, { kid: "k2" });
    const clock = createTestClock(NOW);
    const asked: string[] = [];
    const { jwks: _, ...entry } = entryOf(theirs);
    const fetchSlowly = async (url: string): Promise<Response> => {
      clock.advance(2);
      return Response.json(asked.push(url) % 2 === 1 ? theirs.jwks : newer.jwks);
    };
    const auth = trusting({ ...entry, jwksUri: `${THEIRS}/jwks`, lifespan: 1, fetch: fetchSlowly }, { now: clock.now });
    expect(await verdictOf(auth, await theirs.token({ exp: NOW + 3600 }))).toBe("SIGNATURE_INVALID");
    expect(asked.length).toBeLessThan(8);
  });
});

describe("a stream whose key has retired while the key loader fails", () => {
  it("continues where onRefusal allows it, without continuous rechecks", async () => {
    const clock = createTestClock(NOW);
    const keyOf = (kid: string): { kid: string; algorithm: "ES256"; privateKey: ReturnType<typeof makeEc> } => ({
      kid,
      algorithm: "ES256",
      privateKey: makeEc(),
    });
    const keys = [
      { ...keyOf("a"), retireAt: NOW + 10 },
      { ...keyOf("b"), signFrom: NOW + 100 },
    ];
    const source = { isDown: false };
    const auth = new AuthManager({
      issuer: ISSUER,
      keys: async () => {
        if (source.isDown) throw new Error("down");
        return keys;
      },
      now: clock.now,
      keyRefresh: { interval: 1000 },
    });
    const request = auth.forRequest({ token: await auth.authToken("ada") });
    const token = await request.require();
    source.isDown = true;
    clock.set(NOW + 11);
    const reasons: unknown[] = [];
    const stream = guardStream(oneLater(200), {
      recheck: () => request.require(),
      recheckInMs: () => request["~gate"].tokens().expiresInMs([token]),
      run: (step) => step(),
      onRefusal(error) {
        reasons.push(isAuthError(error) && error.reason);
        return "continue";
      },
    });
    expect(await stream.next()).toEqual({ done: false, value: "late" });
    // One recheck when the key retires, and one for the event.
    expect(reasons).toEqual(["KEYS_UNAVAILABLE", "KEYS_UNAVAILABLE"]);
  });
});

function makeEc() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

async function* oneLater(ms: number): AsyncGenerator<string> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  yield "late";
}
