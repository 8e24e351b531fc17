/** The Next.js example's server-side callers, which use the reader's credentials as over HTTP. */
import { AuthManager, type AuthManagerConfig, ForbiddenError, UnauthorizedError } from "claimgate";
import { expect, test, vi } from "vitest";
import { NOW, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const config: AuthManagerConfig = {
  issuer: "https://api.test",
  algorithm: "HS256",
  secret: SECRET,
  cookies: { auth: "auth", refresh: "refresh" },
  now: () => NOW,
};
const manager = new AuthManager(config);

/**
 * The app's callers with a new manager. Without a config, the app is in its state during `next
 * build`.
 */
async function load(given?: AuthManagerConfig) {
  vi.resetModules();
  vi.stubEnv("JWT_SECRET", "");
  const { auth } = await import("../../../examples/hosts/trpc/next/app/auth.ts");
  if (given) auth.init(given);
  return import("../../../examples/hosts/trpc/next/app/server-caller.ts");
}

async function cookieOf(user: string, rights: object = {}): Promise<string> {
  return `auth=${(await manager.authToken(user, rights)).signed}`;
}

const crossSite = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };

test("a page is rendered for the user of the request's cookie or header", async () => {
  const { createPageCaller } = await load(config);
  const cookie = await cookieOf("alice");
  const authorization = `Bearer ${(await manager.authToken("root", { scope: { admin: true } })).signed}`;
  expect(await createPageCaller(new Headers({ cookie })).me()).toBe("alice");
  expect(await createPageCaller(new Headers({ authorization })).stats()).toBe("42 visits");
  expect(await createPageCaller(new Headers({ authorization, cookie })).me()).toBe("root");
  expect(await createPageCaller(new Headers()).greeting()).toBe("Hello, stranger");
});

test("a page is rendered for a user who followed a link from another site", async () => {
  const { createPageCaller } = await load(config);
  const cookie = await cookieOf("alice");
  expect(await createPageCaller(new Headers({ cookie, "sec-fetch-site": "cross-site" })).me()).toBe("alice");
});

test("a rejected caller gets a TRPCError, whose cause has the reason", async () => {
  const { createPageCaller } = await load(config);
  const anonymous = createPageCaller(new Headers());
  const alice = createPageCaller(new Headers({ cookie: await cookieOf("alice") }));
  const missing = await refusalOf(anonymous.me());
  expect(missing).toMatchObject({ name: "TRPCError", code: "UNAUTHORIZED", cause: { reason: "TOKEN_MISSING" } });
  expect((missing as Error).cause).toHaveProperty("name", UnauthorizedError.name);
  const lacking = await refusalOf(alice.stats());
  expect(lacking).toMatchObject({ name: "TRPCError", code: "FORBIDDEN", cause: { reason: "SCOPE_INSUFFICIENT" } });
  expect((lacking as Error).cause).toHaveProperty("name", ForbiddenError.name);
  expect(await refusalOf(alice.user({ id: "root" }))).toMatchObject({ cause: { reason: "CLAIMS_INSUFFICIENT" } });
  expect(await alice.user({ id: "alice" })).toMatchObject({ id: "alice" });
  const draft = await refusalOf(alice.article({ id: "draft" }));
  expect(draft).toMatchObject({ code: "FORBIDDEN", cause: { reason: "CLAIMS_INSUFFICIENT" } });
  const garbage = createPageCaller(new Headers({ cookie: "auth=garbage" }));
  expect(await refusalOf(garbage.greeting())).toMatchObject({ cause: { reason: "TOKEN_MALFORMED" } });
});

test("a server action runs for a request from this app, and is rejected from another site", async () => {
  const { createActionCaller } = await load(config);
  const cookie = await cookieOf("alice");
  const host = "app.test";
  const move = (headers: Record<string, string>) =>
    createActionCaller(new Headers({ cookie, host, ...headers })).move({ id: "alice", department: "research" });
  expect(await move({ origin: `https://${host}` })).toBe("alice moved to research");
  expect(await move({ "sec-fetch-site": "same-origin" })).toBe("alice moved to research");
  expect(await refusalOf(move(crossSite))).toMatchObject({ code: "FORBIDDEN", cause: { reason: "CSRF_REJECTED" } });
  expect(await refusalOf(move({}))).toMatchObject({ code: "FORBIDDEN", cause: { reason: "CSRF_REJECTED" } });
});

test("an app without a secret fails with a server error, not with a refusal of the token", async () => {
  const { createPageCaller } = await load();
  const cookie = await cookieOf("alice");
  const failure = await refusalOf(createPageCaller(new Headers({ cookie })).me());
  expect(failure).toMatchObject({ code: "INTERNAL_SERVER_ERROR", cause: { name: "MissingSignerError" } });
  expect(await createPageCaller(new Headers({ cookie })).article({ id: "published" })).toBe("The published article");
});
