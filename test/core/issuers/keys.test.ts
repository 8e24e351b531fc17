/** A trusted issuer's keys: fetched on first use, cached, renewed, and 503 when unavailable. */
import { AuthManager, isAuthError, type TrustedIssuer } from "claimgate";
import { JWKSClientError } from "claimgate/jwt";
import { createTestClock, type TestClock } from "claimgate/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { fetchGuarded } from "../../support/fetch-guarded.ts";
import { askYoga, createGuardedSchema, createGuardedYoga, refusedWith } from "../../support/graphql.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { watchVerifications } from "../../support/watch-verifications.ts";
import { createIssuer, entryOf, type Issuer, type JsonServer, serveJson, trusting } from "./support.ts";

watchRejections();

let theirs: Issuer;
let newer: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
  newer = await createIssuer(undefined, { kid: "k2" });
});

let clock: TestClock;
let server: JsonServer;
let verifications: ReturnType<typeof watchVerifications>;
beforeEach(async () => {
  clock = createTestClock(NOW);
  server = await serveJson({ "/jwks": theirs.jwks });
  verifications = watchVerifications();
});
afterEach(() => vi.restoreAllMocks());

/** A manager that fetches the issuer's keys from the server. */
function remote(over: Partial<TrustedIssuer> = {}): AuthManager {
  const { jwks: _, ...entry } = entryOf(theirs);
  return trusting({ ...entry, jwksUri: `${server.url}/jwks`, ...over }, { now: clock.now });
}

/** A token that is valid for a day. */
const lasting = (issuer: Issuer): Promise<string> => issuer.token({ exp: NOW + 86_400 });

describe("a trusted issuer's token", () => {
  it("is verified again without a fetch or a signature check with the cache", async () => {
    const auth = remote();
    const signed = await theirs.token();
    const first = await auth.verify(signed);
    expect((await auth.verify(signed)).claims).toBe(first.claims);
    await auth.forRequest({ token: signed }).require();
    await auth.verifyToken(signed);
    expect([server.requests, verifications.mock.calls.length]).toEqual([["/jwks"], 1]);
    clock.set(NOW + 60);
    expect(await verdictOf(auth, signed)).toBe("TOKEN_EXPIRED");
    expect([server.requests, verifications.mock.calls.length]).toEqual([["/jwks"], 1]);
  });

  it("shares one fetch with concurrent tokens", async () => {
    const auth = remote();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => theirs.token({ sub: `u${i}` })));
    expect(await Promise.all(tokens.map((token) => verdictOf(auth, token)))).toEqual(tokens.map(() => "allowed"));
    expect(server.requests).toEqual(["/jwks"]);
  });

  it("is rejected after its key was withdrawn and the key set was renewed, but not before", async () => {
    const auth = remote({ lifespan: 100 });
    const signed = await lasting(theirs);
    expect(await verdictOf(auth, signed)).toBe("allowed");
    server.answers.set("/jwks", newer.jwks);
    clock.set(NOW + 79);
    expect(await verdictOf(auth, signed)).toBe("allowed");
    clock.set(NOW + 101);
    expect(await verdictOf(auth, signed)).toBe("SIGNATURE_INVALID");
    expect(await verdictOf(auth, await lasting(newer))).toBe("allowed");
  });
});

describe("a token with an unknown kid", () => {
  it("causes one fetch per cooldown, and is accepted when the new set has its key", async () => {
    const auth = remote({ cooldown: 30 });
    expect(await verdictOf(auth, await lasting(theirs))).toBe("allowed");
    server.answers.set("/jwks", { keys: [newer.jwk, theirs.jwk] });
    clock.set(NOW + 29);
    expect(await verdictOf(auth, await lasting(newer))).toBe("SIGNATURE_INVALID");
    clock.set(NOW + 30);
    expect(await verdictOf(auth, await lasting(newer))).toBe("allowed");
    expect(await verdictOf(auth, await lasting(theirs))).toBe("allowed");
    expect(server.requests).toHaveLength(2);
  });

  it("causes at most one fetch however many such tokens arrive", async () => {
    const auth = remote({ cooldown: 30 });
    for (let i = 0; i < 20; i++)
      expect(await verdictOf(auth, await theirs.token({ sub: `u${i}` }, { kid: `unknown ${i}` }))).toBe(
        "SIGNATURE_INVALID",
      );
    expect(server.requests).toHaveLength(1);
  });

  it("causes no fetch when the entry does not list its algorithm", async () => {
    const rs = await createIssuer(undefined, { alg: "RS256" });
    expect(await verdictOf(remote(), await rs.token())).toBe("ALGORITHM_INVALID");
    expect(server.requests).toEqual([]);
  });
});

describe("an unavailable key set", () => {
  const broken: [string, (at: JsonServer) => unknown][] = [
    ["server down", (at) => at.stop()],
    ["status 500", (at) => void (at.status = 500)],
    ["status 404", (at) => at.answers.delete("/jwks")],
    ["not JSON", (at) => at.answers.set("/jwks", "<html>")],
    ["not a key set", (at) => at.answers.set("/jwks", { keys: "none" })],
    ["an empty key set", (at) => at.answers.set("/jwks", { keys: [] })],
  ];

  it.each(broken)("rejects with 503 and KEYS_UNAVAILABLE, never with 401: %s", async (_, spoil) => {
    await spoil(server);
    const auth = remote();
    const signed = await theirs.token();
    const refusal = await refusalOf(auth.forRequest({ token: signed }).require());
    expect(isAuthError(refusal)).toBe(true);
    expect(refusal).toMatchObject({ status: 503, reason: "KEYS_UNAVAILABLE" });
    expect((refusal as Error).cause).toBeInstanceOf(JWKSClientError);
    expect(await refusalOf(auth.verify(signed))).toMatchObject({ reason: "KEYS_UNAVAILABLE" });
  });

  it("makes verifyToken throw for a well-formed token, and return false for another text", async () => {
    await server.stop();
    expect(await refusalOf(remote().verifyToken(await theirs.token()))).toBeInstanceOf(JWKSClientError);
    expect(await remote().verifyToken("no token")).toBe(false);
  });

  it("rejects with 503 without a challenge over tRPC and over GraphQL", async () => {
    server.status = 500;
    const auth = remote();
    const signed = await theirs.token();
    expect(await fetchGuarded(auth)({ authorization: `Bearer ${signed}` })).toMatchObject({
      status: 503,
      reason: "KEYS_UNAVAILABLE",
      challenge: null,
    });
    const yoga = createGuardedYoga(
      createGuardedSchema("type Query { me: String @requireToken }", { Query: { me: () => "in" } }),
      auth,
    );
    const answer = await askYoga(yoga, "{ me }", { token: signed });
    expect([answer.refused, answer.challenge]).toEqual([refusedWith("KEYS_UNAVAILABLE"), null]);
    server.status = 200;
    clock.set(NOW + 31);
    expect(await fetchGuarded(auth)({ authorization: `Bearer ${signed}` })).toMatchObject({ status: 200 });
    expect((await askYoga(yoga, "{ me }", { token: signed })).body.data).toEqual({ me: "in" });
  });

  it("does not affect the manager's own tokens", async () => {
    await server.stop();
    const { jwks: _, ...entry } = entryOf(theirs, { subject: "verbatim", claims: [] });
    const auth = new AuthManager({
      now: () => NOW,
      issuer: "https://own.example",
      algorithm: "HS256",
      secret: "s".repeat(32),
      trust: [{ ...entry, jwksUri: `${server.url}/jwks` }],
    });
    expect(await verdictOf(auth, (await auth.authToken("ada")).signed)).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token())).toBe("KEYS_UNAVAILABLE");
  });

  it("is replaced by the previous set for staleIfError seconds", async () => {
    const auth = remote({ lifespan: 100, staleIfError: 50 });
    const signed = await lasting(theirs);
    expect(await verdictOf(auth, signed)).toBe("allowed");
    server.status = 500;
    clock.set(NOW + 149);
    expect(await verdictOf(auth, signed)).toBe("allowed");
    expect(await verdictOf(auth, await lasting(newer))).toBe("KEYS_UNAVAILABLE");
    clock.set(NOW + 151);
    expect(await verdictOf(auth, signed)).toBe("KEYS_UNAVAILABLE");
  });

  it("of one issuer does not affect other issuers", async () => {
    const others = await createIssuer("https://others.example");
    server.status = 500;
    const aside = { subject: "verbatim", claims: [] } as const;
    const { jwks: _, ...entry } = entryOf(theirs, aside);
    const auth = trusting([{ ...entry, jwksUri: `${server.url}/jwks` }, entryOf(others, aside)]);
    expect(await verdictOf(auth, await others.token())).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token())).toBe("KEYS_UNAVAILABLE");
  });
});

describe("a custom fetch", () => {
  it("receives the entry's headers and replaces every request to the issuer", async () => {
    const asked: [string, string | null][] = [];
    const auth = remote({
      headers: { "x-api-key": "k" },
      fetch: async (url, { headers }) => {
        asked.push([url, headers.get("x-api-key")]);
        return Response.json(theirs.jwks);
      },
    });
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
    expect([asked, server.requests]).toEqual([[[`${server.url}/jwks`, "k"]], []]);
  });
});
