/** Two different credentials of one kind cause a 400, on every HTTP adapter and in Fetch. */
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { AuthContext } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { ambiguous, resultOf, sendCall, unauthorized, type WireResponse } from "../support/trpc.ts";
import { httpAdapters, serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure, optionalProcedure } = authProcedures(t.procedure);

const router = t.router({
  open: publicProcedure.query(() => "open"),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  optional: optionalProcedure.query(({ ctx }) => ctx.auth.token?.sub ?? null),
});

const { auth } = createAuth({ cookies: { auth: "auth", refresh: "refresh" } });
const served = { router, createContext: createTRPCContext(auth) };
const tokens = async (): Promise<{ alice: string; bob: string }> => ({
  alice: (await auth.authToken("alice")).signed,
  bob: (await auth.authToken("bob")).signed,
});

describe.each(httpAdapters)("over $name", ({ start }) => {
  test("rejects differing Authorization headers in either order, and accepts identical ones", async () => {
    const { url } = await serve(served, start);
    const { alice, bob } = await tokens();
    const me = (...authorization: string[]): Promise<WireResponse> =>
      sendCall(`${url}/me`, { headers: { authorization } });
    const refused = await me(`Bearer ${alice}`, `Bearer ${bob}`);
    expect(resultOf(refused)).toEqual(ambiguous);
    expect(refused.status).toBe(400);
    expect(refused.headers).not.toHaveProperty("www-authenticate");
    expect(resultOf(await me(`Bearer ${bob}`, `Bearer ${alice}`))).toEqual(ambiguous);
    expect(resultOf(await me(`Bearer ${alice}`, "Bearer garbage"))).toEqual(ambiguous);
    expect(resultOf(await me(`Bearer ${alice}`, `bearer ${alice}`))).toBe("alice");
    expect(resultOf(await me(`Bearer ${alice}`))).toBe("alice");
  });

  test("ignores a header of another scheme next to the token's", async () => {
    const { url } = await serve(served, start);
    const { alice } = await tokens();
    const me = (...authorization: string[]): Promise<WireResponse> =>
      sendCall(`${url}/me`, { headers: { authorization } });
    expect(resultOf(await me(`Bearer ${alice}`, "Basic YTpi"))).toBe("alice");
    expect(resultOf(await me("Basic YTpi", `Bearer ${alice}`))).toBe("alice");
    expect(resultOf(await me("Basic YTpi", "Digest a=b"))).toEqual(unauthorized("TOKEN_MISSING"));
  });

  test("rejects differing cookies of one name, and accepts identical ones", async () => {
    const { url } = await serve(served, start);
    const { alice, bob } = await tokens();
    const me = (cookie: string): Promise<WireResponse> => sendCall(`${url}/me`, { headers: { cookie } });
    const refused = await me(`auth=${alice}; auth=${bob}`);
    expect(resultOf(refused)).toEqual(ambiguous);
    expect(refused.status).toBe(400);
    expect(resultOf(await me(`auth=${alice}; x=1; auth=${alice}`))).toBe("alice");
    expect(resultOf(await me(`auth=${alice}; refresh=${bob}`))).toBe("alice");
  });

  test("rejects differing headers when the token is optional, and ignores them in a public procedure", async () => {
    const { url } = await serve(served, start);
    const { alice, bob } = await tokens();
    const headers = { authorization: [`Bearer ${alice}`, `Bearer ${bob}`] };
    expect(resultOf(await sendCall(`${url}/optional`, { headers }))).toEqual(ambiguous);
    expect(resultOf(await sendCall(`${url}/optional`, { headers: { authorization: `Bearer ${alice}` } }))).toBe(
      "alice",
    );
    expect(resultOf(await sendCall(`${url}/open`, { headers }))).toBe("open");
  });
});

describe("in a Fetch request", () => {
  const me = async (entries: [string, string][]): Promise<unknown> => {
    const headers = new Headers();
    for (const [name, value] of entries) headers.append(name, value);
    const req = new Request("https://api.test/trpc/me", { headers });
    const response = await fetchRequestHandler({ endpoint: "/trpc", req, ...served });
    const body = (await response.json()) as WireResponse["body"];
    return resultOf({ body });
  };

  test("rejects differing headers that are joined by a comma", async () => {
    const { alice, bob } = await tokens();
    expect(await me([["authorization", `Bearer ${alice}, Bearer ${bob}`]])).toEqual(ambiguous);
    expect(await me([["authorization", `Bearer ${alice},Bearer ${bob}`]])).toEqual(ambiguous);
    const twice: [string, string] = ["authorization", `Bearer ${alice}`];
    expect(await me([twice, twice])).toBe("alice");
    expect(await me([twice, ["authorization", `Bearer ${bob}`]])).toEqual(ambiguous);
  });

  test("reads the text after a comma as a part of the token unless it starts another credential", async () => {
    const { alice } = await tokens();
    expect(await me([["authorization", `Bearer ${alice}, realm="x"`]])).toEqual(unauthorized("TOKEN_MALFORMED"));
    expect(await me([["authorization", `Bearer ${alice}, Basic YTpi`]])).toBe("alice");
    expect(await me([["authorization", `Digest a="b", c="d", Bearer ${alice}`]])).toBe("alice");
  });

  test("rejects differing cookies of one name", async () => {
    const { alice, bob } = await tokens();
    expect(await me([["cookie", `auth=${alice}; auth=${bob}`]])).toEqual(ambiguous);
    expect(await me([["cookie", `auth=${alice}; auth=${alice}`]])).toBe("alice");
  });
});
