/** The behaviour of sessions and their cookies on every runtime. Needs only the Web platform. */
import { AuthManager, type Reason, type TokenPair } from "claimgate";
import type { Check } from "./checks.ts";
import { SESSIONS } from "./session-app.ts";

/** Sends a request to the application: by HTTP, or by a call. */
type Send = (path: string, init?: RequestInit) => Promise<Response>;

const OWN_PAGE = { "sec-fetch-site": "same-origin" } as const;
const OTHER_SITE = { "sec-fetch-site": "cross-site", origin: "https://evil.test" } as const;

/**
 * Login, refresh, grace, reuse and revocation: tokens in the body, and cookies on both transports.
 */
export async function checkSessions(check: Check, send: Send): Promise<void> {
  await checkRotation(check, send);
  await checkRevocation(check, send);
  for (const api of [overTRPC(send), await overYoga(send)]) await checkCookies(check, api);
}

/** The stores, as far as they run without a server. */
export async function checkStores(check: Check, send: Send): Promise<void> {
  await check("the store suite holds for the memory store", async () => {
    same(await (await send(`${SESSIONS}/suite`)).json(), []);
  });
  await check("an unavailable store is a 503", async () => {
    same(
      await (await send(`${SESSIONS}/outage`)).json(),
      Array.from({ length: 3 }, () => "STORE_UNAVAILABLE 503"),
    );
  });
}

async function checkRotation(check: Check, send: Send): Promise<void> {
  const { login, refresh, me } = inBody(send);
  await check("refresh: within the grace all get one successor, and a reused token ends its session", async () => {
    const [first, other] = [await login(), await login()];
    const [second, again] = [await refresh(first.refreshToken), await refresh(first.refreshToken)];
    const [one, two] = [second, again].map((answer) => claimsOf(pairOf(answer).refreshToken));
    same(pick(one), pick(two));
    const { sid, rid } = claimsOf(first.refreshToken);
    same([one?.["sid"] === sid, one?.["rid"] !== rid], [true, true]);

    const third = pairOf(await refresh(pairOf(again).refreshToken));
    same(await me(third.authToken), [200, "alice"]);
    same(await refresh(first.refreshToken), [401, "TOKEN_REUSED"]);
    same(await refresh(third.refreshToken), [401, "TOKEN_REVOKED"]);
    same(await me(third.authToken), [401, "TOKEN_REVOKED"]);
    same(await me(other.authToken), [200, "alice"]);
    same((await refresh(other.refreshToken))[0], 200);
  });
  await check("refresh: an auth token does not refresh", async () => {
    same(await refresh((await login()).authToken), [401, "TOKEN_TYPE_INVALID"]);
  });
}

async function checkRevocation(check: Check, send: Send): Promise<void> {
  const { login, refresh, me, call } = inBody(send);
  await check("revoke: ends one session, or all of a subject's", async () => {
    const [one, two] = [await login(), await login()];
    same(await call("logout", null, bearer(one.refreshToken)), [200, "bye"]);
    same(await me(one.authToken), [401, "TOKEN_REVOKED"]);
    same(await refresh(one.refreshToken), [401, "TOKEN_REVOKED"]);
    same(await me(two.authToken), [200, "alice"]);
    same(await call("logoutAll", null, bearer(two.authToken)), [200, "bye"]);
    same(await me(two.authToken), [401, "TOKEN_REVOKED"]);
    const three = await login();
    same(await read(send(`${SESSIONS}/trpc/devices`, { headers: bearer(three.authToken) })), [200, 1]);
  });
}

/** One transport, by cookie. */
interface Api {
  readonly name: string;
  /**
   * The status of a refusal by a resolver: a GraphQL mutation has status 200 with the code in the
   * error.
   */
  readonly refused: 403 | 200;
  /** The reason that reaches the caller, or `null` for none. */
  readonly told: (reason: Reason) => Reason | null;
  readonly login: (headers: Record<string, string>) => Promise<Response>;
  readonly refresh: (headers: Record<string, string>) => Promise<Response>;
  readonly logout: (headers: Record<string, string>) => Promise<Response>;
  readonly me: (headers: Record<string, string>) => Promise<Response>;
}

async function checkCookies(check: Check, { name, refused, told, login, refresh, logout, me }: Api): Promise<void> {
  await check(`${name}: login, refresh and logout by cookie`, async () => {
    const first = await loginByCookie(login);
    same(await read(me({ ...OWN_PAGE, cookie: first })), [200, "alice"]);

    const refreshed = await refresh({ ...OWN_PAGE, cookie: first });
    const second = cookiesOf(refreshed);
    same([refreshed.status, second !== first], [200, true]);
    same(await read(me({ ...OWN_PAGE, cookie: second })), [200, "alice"]);

    const left = await logout({ ...OWN_PAGE, cookie: second });
    // Cookies of a partition too, because a browser does not distinguish them.
    const cleared = ATTRIBUTES.map((text) => text.replace(/Max-Age=\d+/, "Max-Age=0"));
    const partitioned = cleared.map((text) => text.replace(/HttpOnly.*/, "Secure; Partitioned"));
    same([left.status, attributesOf(left)], [200, [...cleared, ...partitioned].toSorted()]);
    same(await read(me({ ...OWN_PAGE, cookie: second })), [401, told("TOKEN_REVOKED")]);
  });
  await check(`${name}: another site gets no cookies, and its requests cannot use the existing ones`, async () => {
    const own = await loginByCookie(login);
    for (const act of [login, refresh, logout]) {
      const response = await act({ ...OTHER_SITE, cookie: own });
      same(response.headers.getSetCookie(), []);
      same(await read(response), [refused, told("CSRF_REJECTED")]);
    }
    same(await read(me({ ...OTHER_SITE, cookie: own })), [403, told("CSRF_REJECTED")]);
    same(await read(me({ ...OWN_PAGE, cookie: own })), [200, "alice"]);
  });
}

const ATTRIBUTES = [
  "__Host-auth; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax",
  "__Host-refresh; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax",
];

async function loginByCookie(login: Api["login"]): Promise<string> {
  const response = await login(OWN_PAGE);
  same([response.status, response.headers.get("cache-control")], [200, "no-store"]);
  same(attributesOf(response), ATTRIBUTES);
  const text = await response.text();
  if (/[\w-]+\.[\w-]+\.[\w-]+/.test(text)) throw new Error(`The answer contains a token: ${text}`);
  return cookiesOf(response);
}

/** The names and attributes of the set cookies, without their values. */
function attributesOf(response: Response): string[] {
  return response.headers
    .getSetCookie()
    .map((header) => header.replace(/=[^;]*/, ""))
    .toSorted();
}

/** The cookies as a browser sends them back. */
function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((header) => header.split(";")[0])
    .join("; ");
}

function overTRPC(send: Send): Api {
  const mutate =
    (procedure: string, input?: unknown) =>
    (headers: Record<string, string>): Promise<Response> =>
      send(`${SESSIONS}/trpc/${procedure}`, post(input, headers));
  return {
    name: "tRPC",
    refused: 403,
    told: (reason) => reason,
    login: mutate("login", "cookies"),
    refresh: mutate("refresh", { deliver: "cookies" }),
    logout: mutate("logout"),
    me: (headers) => send(`${SESSIONS}/trpc/me`, { headers }),
  };
}

async function overYoga(send: Send): Promise<Api> {
  const ask =
    (query: string) =>
    (headers: Record<string, string>): Promise<Response> =>
      send(`${SESSIONS}/graphql`, post({ query }, headers));
  const { data } = (await (await ask("{ keepsExtensions }")({})).json()) as { data: { keepsExtensions: boolean } };
  return {
    name: "Yoga",
    refused: 200,
    told: (reason) => (data.keepsExtensions ? reason : null),
    login: ask("mutation { login }"),
    refresh: ask("mutation { refresh }"),
    logout: ask("mutation { logout }"),
    me: ask("{ me }"),
  };
}

type Answer = readonly [status: number, dataOrReason: unknown];

function inBody(send: Send) {
  const call = (procedure: string, input: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    read(send(`${SESSIONS}/trpc/${procedure}`, post(input, headers)));
  return {
    call,
    login: async (): Promise<TokenPair> => pairOf(await call("login", "body")),
    refresh: (token: string): Promise<Answer> => call("refresh", { token, deliver: "body" }),
    me: (token: string): Promise<Answer> => read(send(`${SESSIONS}/trpc/me`, { headers: bearer(token) })),
  };
}

function pairOf([status, data]: Answer): TokenPair {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(data)}`);
  return data as TokenPair;
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return AuthManager.convertToken(token).claims;
}

function pick(claims: Readonly<Record<string, unknown>> | undefined): unknown[] {
  return ["sid", "rid", "iat", "exp"].map((claim) => claims?.[claim]);
}

interface Body {
  readonly result?: { readonly data: unknown };
  readonly error?: { readonly data: { readonly auth?: { readonly reason: string } } };
  readonly data?: { readonly me: unknown };
  readonly errors?: readonly { readonly extensions?: { readonly auth?: { readonly reason: string } } }[];
}

/** The status, and either the data or the reason. */
async function read(sent: Response | Promise<Response>): Promise<Answer> {
  const response = await sent;
  const { result, error, data, errors } = (await response.json()) as Body;
  const reason = error?.data.auth?.reason ?? errors?.[0]?.extensions?.auth?.reason;
  return [response.status, reason ?? result?.data ?? data?.me];
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function post(body: unknown, headers: Record<string, string>): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

function same(actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} instead of ${other}`);
}
