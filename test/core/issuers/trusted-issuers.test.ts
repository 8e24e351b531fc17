/** Trusted issuers: which tokens a manager accepts, with and without its own keys. */
import { AuthManager, type KeyLoader, MissingSignerError } from "claimgate";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { createAuth, ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { API, ASIDE, createIssuer, entryOf, type Issuer, OTHERS, serveJson, THEIRS, trusting } from "./support.ts";

let theirs: Issuer;
let others: Issuer;
beforeAll(async () => {
  theirs = await createIssuer(THEIRS);
  others = await createIssuer(OTHERS);
});

/** A manager with its own HS256 key that also trusts `theirs`. */
const mixed = (over = {}): AuthManager => createAuth({ trust: [entryOf(theirs, { ...ASIDE, ...over })] }).auth;

describe("a manager with only trusted issuers", () => {
  it("accepts their tokens as auth tokens", async () => {
    const auth = trusting(entryOf(theirs));
    const token = await auth.verify(await theirs.token());
    expect(token).toMatchObject({ tokenType: "auth", sub: "42", iss: THEIRS, typ: "at+jwt", alg: "ES256", maxAge: 60 });
    expect(await auth.verifyToken(await theirs.token())).toBe(true);
    expect(await auth.verifyToken(await theirs.token({ exp: NOW }))).toBe(false);
  });

  it("rejects authToken and refreshToken with a MissingSignerError", async () => {
    const auth = trusting(entryOf(theirs));
    await expect(auth.authToken("ada")).rejects.toThrow(MissingSignerError);
    await expect(auth.refreshToken("ada")).rejects.toThrow(MissingSignerError);
  });

  it("publishes no key, and rejects retire", async () => {
    const auth = trusting(entryOf(theirs));
    expect(await auth.jwks()).toEqual({ keys: [] });
    await expect(auth.retire("k1")).rejects.toThrow(TypeError);
  });

  it("is ready without fetching keys", async () => {
    const { url, requests } = await serveJson({ "/jwks": theirs.jwks });
    const { jwks: _, ...entry } = entryOf(theirs);
    await trusting({ ...entry, jwksUri: `${url}/jwks` }).ready();
    expect(requests).toEqual([]);
  });

  it("can be configured later with init", async () => {
    const auth = new AuthManager();
    auth.init({ trust: [entryOf(theirs)], now: () => NOW });
    expect((await auth.verify(await theirs.token())).sub).toBe("42");
  });
});

describe("a manager with its own keys and a trusted issuer", () => {
  it("accepts its own tokens and the issuer's tokens", async () => {
    const auth = mixed();
    expect((await auth.verify((await auth.authToken(42)).signed)).sub).toBe("42");
    expect((await auth.verify(await theirs.token())).sub).toBe("theirs|42");
  });

  it("rejects a token that names the trusted issuer but carries its own signature", async () => {
    const forger = new AuthManager({ issuer: THEIRS, algorithm: "HS256", secret: SECRET, now: () => NOW });
    const { signed } = await forger.authToken("ada", { audience: API });
    expect(await verdictOf(mixed({ typ: "JWT" }), signed)).toBe("ALGORITHM_INVALID");
  });

  it("rejects a token that names its own issuer but carries the trusted issuer's signature", async () => {
    const claims = { iss: ISSUER, type: "auth", aud: undefined };
    expect(await verdictOf(mixed(), await theirs.token(claims))).toBe("ALGORITHM_INVALID");
    const own = await createIssuer(ISSUER);
    const keys = [{ algorithm: "ES256", publicKey: own.jwk, kid: "k1", signFrom: 0 }] as const;
    const auth = new AuthManager({ issuer: ISSUER, keys, trust: [entryOf(theirs, ASIDE)], now: () => NOW });
    expect(await verdictOf(auth, await theirs.token(claims))).toBe("SIGNATURE_INVALID");
    expect(await verdictOf(auth, await own.token(claims))).toBe("allowed");
  });
});

describe("a token of an issuer that is not trusted", () => {
  it.each<[string, () => AuthManager]>([
    ["a manager with only trusted issuers", () => trusting(entryOf(theirs))],
    ["a manager with its own keys", () => mixed()],
  ])("is rejected by %s, from every signer", async (_, make) => {
    const auth = make();
    expect(await verdictOf(auth, await others.token())).toBe("ISSUER_INVALID");
    expect(await verdictOf(auth, await theirs.token({ iss: OTHERS }))).toBe("ISSUER_INVALID");
    expect(await verdictOf(auth, await theirs.token({ iss: `${THEIRS}/` }))).toBe("ISSUER_INVALID");
    expect(await verdictOf(auth, await theirs.token({ iss: [THEIRS] }))).toBe("ISSUER_INVALID");
    expect(await verdictOf(auth, await theirs.token({ iss: "constructor" }))).toBe("ISSUER_INVALID");
    expect(await verdictOf(auth, await theirs.token({ iss: undefined }))).toBe("CLAIM_MISSING");
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
  });

  it("causes no fetch of keys and no call of the manager's key loader", async () => {
    const server = await serveJson({ "/jwks": theirs.jwks });
    const { jwks: _, ...entry } = entryOf(theirs, ASIDE);
    const keys = vi.fn<KeyLoader>(async () => [{ algorithm: "HS256", secret: SECRET, kid: "own", signFrom: 0 }]);
    const auth = new AuthManager({
      issuer: ISSUER,
      keys,
      trust: [{ ...entry, jwksUri: `${server.url}/jwks` }],
      now: () => NOW,
    });
    const rogue = await createIssuer(server.url);
    expect(await verdictOf(auth, await rogue.token())).toBe("ISSUER_INVALID");
    expect([server.requests, keys.mock.calls]).toEqual([[], []]);
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
    expect([server.requests, keys.mock.calls]).toEqual([["/jwks"], []]);
  });
});

describe("a manager with several trusted issuers", () => {
  it("fetches the keys of an issuer only for tokens that name it", async () => {
    const server = await serveJson({ "/theirs": theirs.jwks, "/others": others.jwks });
    const remote = (issuer: Issuer, path: string) => {
      const { jwks: _, ...entry } = entryOf(issuer, ASIDE);
      return { ...entry, jwksUri: server.url + path };
    };
    const { auth } = createAuth({ trust: [remote(theirs, "/theirs"), remote(others, "/others")] });
    await auth.verify((await auth.authToken("ada")).signed);
    expect(server.requests).toEqual([]);
    await auth.verify(await others.token());
    expect(server.requests).toEqual(["/others"]);
    await auth.verify(await theirs.token());
    expect(server.requests).toEqual(["/others", "/theirs"]);
  });

  it("keeps the keys of the issuers apart when they share a kid", async () => {
    expect(theirs.jwk.kid).toBe(others.jwk.kid);
    const auth = trusting([entryOf(theirs, ASIDE), entryOf(others, ASIDE)]);
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
    expect(await verdictOf(auth, await others.token())).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token({ iss: OTHERS }))).toBe("SIGNATURE_INVALID");
    expect(await verdictOf(auth, await others.token({ iss: THEIRS }))).toBe("SIGNATURE_INVALID");
  });

  it("accepts only the algorithms of the token's issuer, though the key sets hold other keys", async () => {
    const [es, rs] = [await createIssuer(THEIRS), await createIssuer(OTHERS, { alg: "RS256" })];
    const both = { jwks: { keys: [es.jwk, rs.jwk] } };
    const auth = trusting([entryOf(es, { ...ASIDE, ...both }), entryOf(rs, { ...ASIDE, ...both })]);
    expect(await verdictOf(auth, await es.token())).toBe("allowed");
    expect(await verdictOf(auth, await rs.token())).toBe("allowed");
    expect(await verdictOf(auth, await rs.token({ iss: THEIRS }))).toBe("ALGORITHM_INVALID");
    expect(await verdictOf(auth, await es.token({ iss: OTHERS }))).toBe("ALGORITHM_INVALID");
  });

  it("accepts tokens signed with an issuer's secret only in the name of that issuer", async () => {
    const secretOf = (text: string) => ({ keys: [{ kty: "oct", k: Buffer.from(text).toString("base64url") }] });
    const issuer = new AuthManager({ issuer: THEIRS, algorithm: "HS256", secret: SECRET, now: () => NOW });
    const { signed } = await issuer.authToken("ada", { audience: API });
    const entry = { issuer: THEIRS, audience: API, algorithms: ["HS256"], typ: "JWT" } as const;
    expect(await verdictOf(trusting({ ...entry, jwks: secretOf(SECRET) }), signed)).toBe("allowed");
    expect(await verdictOf(trusting({ ...entry, jwks: secretOf(SECRET.toUpperCase()) }), signed)).toBe(
      "SIGNATURE_INVALID",
    );
    const { auth: own } = createAuth({
      secret: SECRET.toUpperCase(),
      trust: [{ ...entry, ...ASIDE, jwks: secretOf(SECRET) }],
    });
    expect(await verdictOf(own, signed)).toBe("allowed");
    expect(await verdictOf(own, (await createAuth().auth.authToken("ada")).signed)).toBe("SIGNATURE_INVALID");
  });
});

describe("a token whose header names a key", () => {
  it("is verified with the issuer's keys only, and the header's URLs are not fetched", async () => {
    const attacker = await createIssuer(THEIRS, { kid: "attacker" });
    const server = await serveJson({ "/jwks": theirs.jwks, "/attacker": attacker.jwks });
    const { jwks: _, ...entry } = entryOf(theirs);
    const auth = trusting({ ...entry, jwksUri: `${server.url}/jwks` });
    const url = `${server.url}/attacker`;
    const headers = [{ jku: url }, { x5u: url }, { jwk: attacker.jwk }, { x5c: ["AAAA"] }, { jku: url, kid: "k1" }];
    for (const header of headers) {
      const verdict = await verdictOf(auth, await attacker.token({}, header));
      expect([Object.keys(header), verdict]).toEqual([Object.keys(header), "SIGNATURE_INVALID"]);
    }
    expect(server.requests).not.toContain("/attacker");
    expect(await verdictOf(auth, await theirs.token({}, { jku: url, jwk: attacker.jwk }))).toBe("allowed");
    expect(server.requests).not.toContain("/attacker");
  });
});

describe("a text that is not a signed token", () => {
  it("is rejected with TOKEN_MALFORMED, not with ISSUER_INVALID", async () => {
    const auth = trusting(entryOf(theirs));
    const [header, payload] = (await theirs.token()).split(".");
    for (const token of ["opaque", `${header}.${payload}`, `${header}.key.iv.${payload}.tag`, `${header}.e30x.AA`, ""])
      expect(await refusalOf(() => auth.verify(token))).toMatchObject({ reason: "TOKEN_MALFORMED" });
    expect((await auth.verify(await theirs.token())).sub).toBe("42");
  });

  it("is rejected with ALGORITHM_INVALID when it has alg none", async () => {
    const auth = trusting(entryOf(theirs));
    const [, payload] = (await theirs.token()).split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
    expect(await verdictOf(auth, `${none}.${payload}.`)).toBe("ALGORITHM_INVALID");
  });
});
