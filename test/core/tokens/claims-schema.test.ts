/** `claimsSchema`: custom claims, checked when a token is issued and when it is verified. */
import type { AuthManagerConfig } from "claimgate";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createAuth } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";

const schema = z.object({
  plan: z.enum(["free", "pro"]).default("free"),
  email: z
    .string()
    .transform((text) => text.toLowerCase())
    .optional(),
});
// The cast to any claims allows the invalid claims below.
const config: Partial<AuthManagerConfig> = { claimsSchema: schema };
const { auth } = createAuth(config);
const INVALID = { name: "InvalidTokenError", reason: "CLAIM_INVALID" };

watchRejections();

describe("a claims schema", () => {
  it("rejects issuing claims that do not fit", async () => {
    expect(await refusalOf(() => auth.authToken("ada", { claims: { plan: "gold" } }))).toMatchObject(INVALID);
    expect(await refusalOf(() => auth.refreshToken("ada", { claims: { plan: 5 } }))).toMatchObject(INVALID);
    expect((await auth.authToken("ada", { claims: { plan: "pro" } })).claims).toMatchObject({ plan: "pro" });
  });

  it("rejects verified claims that do not fit, in verify and in a guard", async () => {
    const token = forge({ payload: goodClaims({ plan: "gold" }) });
    expect(await refusalOf(auth.verify(token))).toMatchObject(INVALID);
    expect(await refusalOf(auth.forRequest({ token }).require())).toMatchObject({
      status: 401,
      reason: "CLAIM_INVALID",
    });
    expect((await auth.verify(forge({ payload: goodClaims({ plan: "pro" }) }))).claims).toMatchObject({ plan: "pro" });
  });

  it("applies defaults and transforms to issued and verified claims, while the token carries the given claims", async () => {
    const jwt = await auth.authToken("ada", { claims: { email: "Ada@Example.Org" } });
    const seen = { plan: "free", email: "ada@example.org" };
    expect(jwt.claims).toMatchObject(seen);
    expect((await auth.verify(jwt.signed)).claims).toMatchObject(seen);
    const onTheWire = createAuth().auth.verify(jwt.signed);
    expect((await onTheWire).claims).not.toHaveProperty("plan");
    expect((await onTheWire).claims).toMatchObject({ email: "Ada@Example.Org" });
  });

  it("determines the claims that rules see", async () => {
    const { signed } = await auth.authToken("ada", { claims: { email: "Ada@Example.Org" } });
    const request = auth.forRequest({ token: signed });
    expect((await request.require({ claims: { plan: "free", email: "ada@example.org" } })).sub).toBe("ada");
    expect(await refusalOf(() => request.require({ claims: { email: "Ada@Example.Org" } }))).toMatchObject({
      reason: "CLAIMS_INSUFFICIENT",
    });
  });

  it("receives only custom claims, so a strict schema accepts registered claims", async () => {
    const { auth: strict } = createAuth({
      claimsSchema: z.strictObject({ plan: z.string().optional() }),
      audience: "api",
    });
    const { signed } = await strict.authToken("ada", { scope: "a", claims: { plan: "pro" } });
    expect((await strict.verify(signed)).scope).toBe("a");
    const refresh = await strict.refreshToken("ada", {});
    expect((await strict.verify(refresh.signed, { type: "refresh" })).tokenType).toBe("refresh");
    const dated = forge({ payload: goodClaims({ aud: "api", nbf: 1, jti: "j", sid: "s" }) });
    expect((await strict.verify(dated)).sub).toBe("ada");
    const other = forge({ payload: goodClaims({ aud: "api", other: 1 }) });
    expect(await refusalOf(strict.verify(other))).toMatchObject(INVALID);
  });

  it("cannot change the manager's own claims", async () => {
    const greedy = z.object({}).transform(() => ({ sub: "eve", scope: "root", type: "refresh", exp: 9e9, plan: "x" }));
    const { auth: manager } = createAuth({ claimsSchema: greedy });
    const jwt = await manager.verify(forge());
    expect(jwt.claims).toEqual({ ...goodClaims(), plan: "x" });
    expect(jwt.tokenType).toBe("auth");
  });

  it("returns deeply frozen claims, even if it froze a part of them itself", async () => {
    const readonly = z.object({ own: z.object({ list: z.array(z.object({ a: z.number() })) }).readonly() });
    const { auth: manager } = createAuth({ claimsSchema: readonly });
    const { signed } = await manager.authToken("ada", { claims: { own: { list: [{ a: 1 }] } } });
    const { own } = (await manager.verify(signed)).claims;
    expect([own, own.list, own.list[0]].map(Object.isFrozen)).toEqual([true, true, true]);
  });

  it("that is asynchronous for some claims rejects those claims, without an unhandled rejection", async () => {
    const moody = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          "plan" in (value as object)
            ? Promise.reject(new Error("async"))
            : { value: value as Record<string, unknown> },
      },
    };
    const { auth: manager } = createAuth({ claimsSchema: moody });
    expect((await manager.verify(forge())).sub).toBe("ada");
    const error = await refusalOf(manager.verify(forge({ payload: goodClaims({ plan: "pro" }) })));
    expect(error).toBeInstanceOf(Error);
  });
});
