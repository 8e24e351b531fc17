/** The subject of a trusted issuer's token: a function, or the claim `sub` verbatim. */
import type { AuthManager, TrustedIssuer } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { ASIDE, createIssuer, entryOf, type Issuer, trusting } from "./support.ts";

watchRejections();

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

const by = (subject: TrustedIssuer["subject"]): AuthManager =>
  createAuth({ trust: [entryOf(theirs, { ...ASIDE, ...(subject === undefined ? {} : { subject }) })] }).auth;

/** A function that violates the declared type, as untyped code may. */
const untyped = (read: (claims: Readonly<Record<string, unknown>>) => unknown): AuthManager => by(read as () => string);

describe("a subject from a function", () => {
  it("distinguishes the issuer's user 42 from the manager's own user 42", async () => {
    const auth = by(({ sub }) => `theirs|${String(sub)}`);
    const rule = { args: { sub: "id" } } as const;
    const ours = (await auth.authToken(42)).signed;
    expect(await verdictOf(auth, ours, rule, { args: { id: "42" } })).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token(), rule, { args: { id: "42" } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await verdictOf(auth, await theirs.token(), rule, { args: { id: "theirs|42" } })).toBe("allowed");
    expect(await verdictOf(auth, ours, rule, { args: { id: "theirs|42" } })).toBe("CLAIMS_INSUFFICIENT");
  });

  it("appears in sub and in the claims of the verified token", async () => {
    const token = await by(({ oid }) => `tenant|${String(oid)}`).verify(await theirs.token({ oid: "o-1" }));
    expect([token.sub, token.claims.sub]).toEqual(["tenant|o-1", "tenant|o-1"]);
  });

  it("does not require sub in the token", async () => {
    const signed = await theirs.token({ sub: undefined, client_id: "job" });
    expect((await by(({ client_id }) => `client|${String(client_id)}`).verify(signed)).sub).toBe("client|job");
    expect(await verdictOf(by("verbatim"), signed)).toBe("CLAIM_MISSING");
  });

  it("is computed from frozen claims, including claims that rules cannot see", async () => {
    const auth = by((claims) => {
      expect(() => Object.assign(claims, { sub: "root" })).toThrow(TypeError);
      return `${String(claims["sid"])}|${String(claims["type"])}|${String(claims["email"])}`;
    });
    const signed = await theirs.token({ sid: "s1", type: "user", email: "a@b.c" });
    expect((await auth.verify(signed)).sub).toBe("s1|user|a@b.c");
  });

  it.each<[string, () => AuthManager]>([
    [
      "throws",
      () =>
        untyped(() => {
          throw new Error("no oid");
        }),
    ],
    ["returns an empty text", () => untyped(() => "")],
    ["returns a number", () => untyped(() => 42)],
    ["returns undefined", () => untyped(({ oid }) => oid)],
    ["returns an object", () => untyped((claims) => claims)],
  ])("rejects the token with CLAIM_INVALID when the function %s", async (_, make) => {
    expect(await verdictOf(make(), await theirs.token())).toBe("CLAIM_INVALID");
  });

  it("fails with a TypeError when the function returns a promise", async () => {
    for (const promise of [async () => "42", () => Promise.reject(new Error("no database"))]) {
      const auth = untyped(promise);
      const signed = await theirs.token();
      expect(await refusalOf(auth.verify(signed))).toBeInstanceOf(TypeError);
      expect(await refusalOf(auth.verifyToken(signed))).toBeInstanceOf(TypeError);
      expect(await refusalOf(auth.forRequest({ token: signed }).require())).toBeInstanceOf(TypeError);
    }
  });

  it("keeps the function's error as the cause", async () => {
    const error = new Error("no oid");
    const auth = by(() => {
      throw error;
    });
    expect(await refusalOf(auth.verify(await theirs.token()))).toMatchObject({ reason: "CLAIM_INVALID", cause: error });
  });
});

describe("a verbatim subject", () => {
  it("is the token's sub unchanged, a text or an integer", async () => {
    for (const [sub, text] of [
      ["42", "42"],
      [42, "42"],
      ["theirs|42", "theirs|42"],
    ] as const) {
      const token = await by("verbatim").verify(await theirs.token({ sub }));
      expect([token.sub, token.claims.sub]).toEqual([text, sub]);
    }
  });

  it("equals the manager's own subject of the same name", async () => {
    const auth = by("verbatim");
    expect(await verdictOf(auth, await theirs.token(), { args: { sub: "id" } }, { args: { id: "42" } })).toBe(
      "allowed",
    );
    expect(await verdictOf(auth, await theirs.token(), { args: { sub: "id" } }, { args: { id: "43" } })).toBe(
      "CLAIMS_INSUFFICIENT",
    );
  });

  it("is rejected when it is empty, and the error names the remedy", async () => {
    const signed = await theirs.token({ sub: "", common_name: "job.access" });
    expect(await refusalOf(by("verbatim").verify(signed))).toMatchObject({
      reason: "CLAIM_INVALID",
      message: 'The token\'s "sub" is empty: set subject to a function that reads another claim',
    });
    expect((await by((claims) => `job|${String(claims["common_name"])}`).verify(signed)).sub).toBe("job|job.access");
  });

  it("is the default for a manager with a single issuer", async () => {
    expect((await trusting(entryOf(theirs)).verify(await theirs.token())).sub).toBe("42");
  });

  it.each<[string, unknown, string]>([
    ["absent", undefined, "CLAIM_MISSING"],
    ["null", null, "CLAIM_MISSING"],
    ["empty", "", "CLAIM_INVALID"],
    ["inexact", 2 ** 53, "CLAIM_INVALID"],
    ["a fraction", 4.2, "CLAIM_INVALID"],
    ["a list", ["42"], "CLAIM_INVALID"],
  ])("rejects the token when sub is %s", async (_, sub, reason) => {
    expect(await verdictOf(by("verbatim"), await theirs.token({ sub }))).toBe(reason);
  });
});
