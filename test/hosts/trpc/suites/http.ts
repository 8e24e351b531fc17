/** Single calls and batches at a host: accepted callers, and the refusals of others. */
import { describe, expect, test } from "vitest";
import { refusalOf } from "../../../support/refusal-of.ts";
import { clientRefusalOf, failureOf, forbidden, type Refusal, unauthorized } from "../../../support/trpc.ts";
import { bearer, type Client, connect, connectBatch } from "../clients.ts";
import type { Host, Site } from "../host.ts";

const rights = { scope: { admin: false }, claims: { admin: false, department: "research" } };
const adminRights = { scope: { admin: true }, claims: { admin: true, department: "operations" } };

/** A token that is rejected, and a call that rejects it. */
interface Case {
  readonly why: string;
  token(site: Site): Promise<string> | string | undefined;
  call(client: Client): Promise<unknown>;
  readonly refusal: Refusal;
  /** The challenge up to its description. */
  readonly challenge: string;
}

const alice = async ({ auth }: Site): Promise<string> => (await auth.authToken("alice", rights)).signed;
const root = async ({ auth }: Site): Promise<string> => (await auth.authToken("root", adminRights)).signed;
const refresh = async ({ auth }: Site): Promise<string> => (await auth.refreshToken("alice")).signed;
const me = (client: Client): Promise<unknown> => client.me.query();
const invalid = 'Bearer error="invalid_token"';
const insufficient = 'Bearer error="insufficient_scope"';

const cases: readonly Case[] = [
  { why: "no token", token: () => undefined, call: me, refusal: unauthorized("TOKEN_MISSING"), challenge: "Bearer" },
  {
    why: "a text that is not a JWT",
    token: () => "garbage",
    call: me,
    refusal: unauthorized("TOKEN_MALFORMED"),
    challenge: invalid,
  },
  {
    why: "a changed signature",
    token: async (site) => `${(await alice(site)).slice(0, -6)}AAAAAA`,
    call: me,
    refusal: unauthorized("SIGNATURE_INVALID"),
    challenge: invalid,
  },
  {
    why: "an expired token",
    token: async ({ past }) => (await past.authToken("alice", { ...rights, maxAge: 60 })).signed,
    call: me,
    refusal: unauthorized("TOKEN_EXPIRED"),
    challenge: invalid,
  },
  {
    why: "a refresh token",
    token: refresh,
    call: me,
    refusal: unauthorized("TOKEN_TYPE_INVALID"),
    challenge: invalid,
  },
  {
    why: "an auth token in the place of a refresh token",
    token: alice,
    call: (client) => client.refresh.mutate(),
    refusal: unauthorized("TOKEN_TYPE_INVALID"),
    challenge: invalid,
  },
  {
    why: "an insufficient scope",
    token: alice,
    call: (client) => client.stats.query(),
    refusal: forbidden("SCOPE_INSUFFICIENT"),
    challenge: insufficient,
  },
  {
    why: "a claim with another value",
    token: root,
    call: (client) => client.papers.query(),
    refusal: forbidden("CLAIMS_INSUFFICIENT"),
    challenge: insufficient,
  },
  {
    why: "another user's token",
    token: alice,
    call: (client) => client.user.query({ id: "root" }),
    refusal: forbidden("CLAIMS_INSUFFICIENT"),
    challenge: insufficient,
  },
  {
    why: "another user's token at a mutation",
    token: alice,
    call: (client) => client.move.mutate({ id: "root", department: "research" }),
    refusal: forbidden("CLAIMS_INSUFFICIENT"),
    challenge: insufficient,
  },
  {
    why: "a token that the resolver itself rejects",
    token: root,
    call: (client) => client.article.query({ id: "draft" }),
    refusal: forbidden("CLAIMS_INSUFFICIENT"),
    challenge: insufficient,
  },
  {
    why: "a text that is not a JWT when the token is optional",
    token: () => "garbage",
    call: (client) => client.greeting.query(),
    refusal: unauthorized("TOKEN_MALFORMED"),
    challenge: invalid,
  },
];

export function describeHttp(host: Host): void {
  describe("a call", () => {
    test("accepts a user who logged in, and issues a new token for a refresh token", async () => {
      const site = await host.open();
      const tokens = await connect(site).login.mutate({ user: "alice", password: "alice-password" });
      expect(await connect(site, bearer(tokens.auth)).me.query()).toBe("alice");
      const renewed = await connect(site, bearer(tokens.refresh)).refresh.mutate();
      expect(await connect(site, bearer(renewed)).me.query()).toBe("alice");
    });

    test.each(cases)("rejects $why, with status, reason and challenge", async (refused) => {
      const site = await host.open();
      const { challenge, ...failure } = await failureOf(refused.call(connect(site, bearer(await refused.token(site)))));
      expect(failure).toEqual({ ...refused.refusal, status: refused.refusal.httpStatus });
      expect(challenge?.split(", error_description=")[0]).toBe(refused.challenge);
    });

    test("accepts a caller with the required rights, without a challenge", async () => {
      const site = await host.open();
      const client = connect(site, bearer(await alice(site)));
      const admin = connect(site, bearer(await root(site)));
      expect(await admin.stats.query()).toBe("42 visits");
      expect(await client.papers.query()).toEqual(["On gates", "On claims"]);
      expect(await client.user.query({ id: "alice" })).toMatchObject({ id: "alice" });
      expect(await admin.user.query({ id: "alice" })).toMatchObject({ id: "alice" });
      expect(await client.move.mutate({ id: "alice", department: "research" })).toBe("alice moved to research");
      expect(await client.article.query({ id: "draft" })).toBe("The draft article");
      const response = await fetch(`${site.url}/me`, { headers: bearer(await alice(site)) });
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([200, null]);
    });

    test("accepts a caller without a token when the token is optional, and ignores tokens on open procedures", async () => {
      const site = await host.open();
      expect(await connect(site).greeting.query()).toBe("Hello, stranger");
      expect(await connect(site, bearer(await alice(site))).greeting.query()).toBe("Hello, alice");
      expect(await connect(site, bearer("garbage")).article.query({ id: "published" })).toBe("The published article");
    });

    test("keeps a resolver's own error as it is", async () => {
      const site = await host.open();
      const wrong = connect(site).login.mutate({ user: "alice", password: "guess" });
      expect(await failureOf(wrong)).toEqual({
        code: "UNAUTHORIZED",
        httpStatus: 401,
        status: 401,
        challenge: undefined,
      });
      const lost = await refusalOf(connect(site, bearer(await root(site))).user.query({ id: "nobody" }));
      expect(lost).toMatchObject({ message: "There is no such user", data: { code: "NOT_FOUND", httpStatus: 404 } });
      expect(lost).not.toHaveProperty("data.auth");
    });
  });

  describe("a batch", () => {
    test("with accepted and rejected items is 207, with a code for each item and one challenge", async () => {
      const site = await host.open();
      const client = connectBatch(site, bearer(await alice(site)));
      const [own, stats, lost] = await Promise.all([
        client.me.query(),
        failureOf(client.stats.query()),
        failureOf(client.user.query({ id: "root" })),
      ]);
      expect(own).toBe("alice");
      const challenge = expect.stringMatching(/^Bearer error="insufficient_scope", error_description="[^"]+"$/);
      expect(stats).toEqual({ ...forbidden("SCOPE_INSUFFICIENT"), status: 207, challenge });
      expect(lost).toEqual({ ...forbidden("CLAIMS_INSUFFICIENT"), status: 207, challenge });
    });

    test("whose items are all rejected has their status, also for mutations", async () => {
      const site = await host.open();
      const refused = { ...unauthorized("TOKEN_MISSING"), status: 401, challenge: "Bearer" };
      const client = connectBatch(site);
      expect(await Promise.all([failureOf(client.me.query()), failureOf(client.stats.query())])).toEqual([
        refused,
        refused,
      ]);
      const move = (): Promise<unknown> => failureOf(client.move.mutate({ id: "alice", department: "research" }));
      expect(await Promise.all([move(), move()])).toEqual([refused, refused]);
    });

    test("whose items are all accepted is 200", async () => {
      const site = await host.open();
      const response = await fetch(`${site.url}/me,greeting?batch=1`, { headers: bearer(await alice(site)) });
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([200, null]);
      const client = connectBatch(site, bearer(await alice(site)));
      const move = (): Promise<unknown> => client.move.mutate({ id: "alice", department: "research" });
      expect(await Promise.all([move(), move()])).toEqual(["alice moved to research", "alice moved to research"]);
      expect(await clientRefusalOf(connectBatch(site).move.mutate({ id: "alice", department: "research" }))).toEqual(
        unauthorized("TOKEN_MISSING"),
      );
    });
  });
}
