/** The cache of verified tokens: one signature check, and times and types checked at every use. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { watchVerifications } from "../../support/watch-verifications.ts";

let verify: ReturnType<typeof watchVerifications>;
beforeEach(() => {
  verify = watchVerifications();
});
afterEach(() => vi.restoreAllMocks());

describe("with the cache", () => {
  it("checks the signature once for repeated uses of a token", async () => {
    const { auth } = createAuth();
    const token = forge();
    const first = await auth.verify(token);
    expect((await auth.verify(token)).claims).toBe(first.claims);
    await auth.verifyToken(token);
    await auth.forRequest({ token }).require();
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it("checks the signature once for concurrent uses of a token", async () => {
    const { auth } = createAuth();
    const token = forge();
    const requests = Array.from({ length: 10 }, () => auth.forRequest({ token }));
    await Promise.all([...requests.map((request) => request.require()), auth.verify(token), auth.verify(token)]);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it("checks exp at every hit", async () => {
    const { auth, clock } = createAuth();
    const token = forge();
    await auth.verify(token);
    clock.set(NOW + 59.9);
    expect((await auth.verify(token)).sub).toBe("ada");
    clock.set(NOW + 60);
    expect(await refusalOf(() => auth.verify(token))).toMatchObject({ reason: "TOKEN_EXPIRED" });
    expect(await auth.verifyToken(token)).toBe(false);
    expect(await refusalOf(() => auth.forRequest({ token }).require())).toMatchObject({ reason: "TOKEN_EXPIRED" });
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it("checks exp at every hit with the leeway", async () => {
    const { auth, clock } = createAuth({ leeway: 10 });
    const token = forge();
    await auth.verify(token);
    clock.set(NOW + 69);
    expect((await auth.verify(token)).sub).toBe("ada");
    clock.set(NOW + 70);
    expect(await refusalOf(() => auth.verify(token))).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });

  it("checks the type at every hit", async () => {
    const { auth } = createAuth();
    const { signed } = await auth.refreshToken("ada");
    await auth.verify(signed, { type: "any" });
    expect(await refusalOf(() => auth.verify(signed))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
  });

  it("does not cache a rejected token", async () => {
    const { auth, clock } = createAuth();
    const early = forge({
      payload: { ...JSON.parse(Buffer.from(forge().split(".")[1] ?? "", "base64url").toString()), nbf: NOW + 5 },
    });
    expect(await refusalOf(() => auth.verify(early))).toMatchObject({ reason: "TOKEN_NOT_YET_VALID" });
    clock.set(NOW + 5);
    expect((await auth.verify(early)).sub).toBe("ada");
    const forged = forge({ secret: "x".repeat(40) });
    for (let i = 0; i < 2; i++) {
      expect(await refusalOf(() => auth.verify(forged))).toMatchObject({ reason: "SIGNATURE_INVALID" });
    }
    expect(verify).toHaveBeenCalledTimes(4);
  });

  it("rejects a cached token without its signature", async () => {
    const { auth } = createAuth();
    const token = forge();
    await auth.verify(token);
    const stripped = token.slice(0, token.lastIndexOf(".") + 1);
    expect(await refusalOf(() => auth.verify(stripped))).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });

  it("evicts the oldest token above its size", async () => {
    const { auth } = createAuth({ cache: { max: 1 } });
    const tokens = [forge(), forge({ header: { alg: "HS256", typ: "other" } })] as const;
    for (const token of [tokens[0], tokens[0], tokens[1], tokens[0]]) await auth.verify(token);
    expect(verify).toHaveBeenCalledTimes(3);
  });

  it("is not shared between two managers", async () => {
    const token = forge();
    await createAuth().auth.verify(token);
    const { auth: other } = createAuth({ secret: "another secret of more than 32 bytes" });
    expect(await refusalOf(() => other.verify(token))).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });
});

describe("without the cache", () => {
  it("checks the signature for every verify, and once per request", async () => {
    const { auth } = createAuth({ cache: false });
    const token = forge();
    await auth.verify(token);
    await auth.verify(token);
    expect(verify).toHaveBeenCalledTimes(2);
    const request = auth.forRequest({ token });
    await Promise.all([request.require(), request.authenticate(), request.require({ claims: { sub: "ada" } })]);
    await request.require();
    expect(verify).toHaveBeenCalledTimes(3);
  });
});

describe("a request", () => {
  it("checks no signature before a guard runs", async () => {
    const { auth } = createAuth();
    const request = auth.forRequest({ token: forge() });
    expect(request.token).toBeNull();
    await Promise.resolve();
    expect(verify).not.toHaveBeenCalled();
    await request.authenticate();
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it("checks an invalid signature only once", async () => {
    const request = createAuth({ cache: false }).auth.forRequest({ token: forge({ secret: "x".repeat(40) }) });
    for (let i = 0; i < 3; i++) {
      expect(await refusalOf(() => request.require())).toMatchObject({ reason: "SIGNATURE_INVALID" });
    }
    expect(verify).toHaveBeenCalledTimes(1);
  });
});
