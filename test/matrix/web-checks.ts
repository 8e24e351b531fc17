/** The answers of the Web application on every runtime. Needs only the Web platform. */
import type { Check } from "./checks.ts";
import { KEY_RING_OUTCOME } from "./key-ring-use.ts";
import { checkSessions, checkStores } from "./session-checks.ts";

/** The runtime of the checks. */
export interface WebRuntime {
  /** Sends a request to the application: by HTTP, or by a call. */
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
  /** Whether it has Node built-ins, as workerd with `nodejs_compat`. */
  readonly hasBuiltins: boolean;
}

/** Every entry of the package, through the application. */
export async function checkWeb(check: Check, { send, hasBuiltins }: WebRuntime): Promise<void> {
  const login = await send("/trpc/login", post("alice"));
  const alice = ((await login.json()) as { result: { data: string } }).result.data;
  const bearer = { authorization: `Bearer ${alice}` };

  for (const algorithm of ["HS256", "RS256", "PS256", "ES256", "EdDSA"]) {
    await check(`${algorithm} with WebCrypto only`, async () => {
      same(await (await send(`/keys?algorithm=${algorithm}`)).json(), ["by hand", "alice"]);
    });
  }
  await check("a ring of keys is published, trusted and retired", async () => {
    same(await (await send("/key-ring")).json(), KEY_RING_OUTCOME);
  });
  await check("tRPC accepts, 401, 403", async () => {
    same(await answer(send("/trpc/me", { headers: bearer })), [200, null, "alice"]);
    same(await answer(send("/trpc/me")), [401, "Bearer", "TOKEN_MISSING"]);
    const [status, challenge, reason] = await answer(send("/trpc/stats", { headers: bearer }));
    same([status, reason, challenge?.includes('error="insufficient_scope"')], [403, "SCOPE_INSUFFICIENT", true]);
  });
  await check("GraphQL accepts, 401, 403", async () => {
    same(await answer(send("/graphql", post({ query: "{ me }" }, bearer))), [200, null, "alice"]);
    same(await answer(send("/graphql", post({ query: "{ me }" }))), [401, "Bearer", "TOKEN_MISSING"]);
    const [status, challenge, reason] = await answer(send("/graphql", post({ query: "{ stats }" }, bearer)));
    same([status, reason, challenge?.includes('error="insufficient_scope"')], [403, "SCOPE_INSUFFICIENT", true]);
  });
  await check(`currentToken() ${hasBuiltins ? "works" : "is rejected as an option"}`, async () => {
    same(await (await send("/ambient")).json(), hasBuiltins ? "alice" : "ambient");
  });
  await checkStores(check, send);
  await checkSessions(check, send);
}

interface Body {
  readonly result?: { readonly data: unknown };
  readonly error?: { readonly data: { readonly auth: { readonly reason: string } } };
  readonly data?: { readonly me: unknown };
  readonly errors?: readonly { readonly extensions: { readonly auth: { readonly reason: string } } }[];
}

/** The status, the challenge, and either the data or the reason. */
async function answer(sent: Promise<Response>): Promise<[number, string | null, unknown]> {
  const response = await sent;
  const { result, error, data, errors } = (await response.json()) as Body;
  const reason = error?.data.auth.reason ?? errors?.[0]?.extensions.auth.reason;
  return [response.status, response.headers.get("www-authenticate"), reason ?? result?.data ?? data?.me];
}

function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

function same(actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} instead of ${other}`);
}
