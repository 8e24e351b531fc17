/** Where a credential comes from: the header with its scheme, and the cookie of the rule's type where no header credential is given. */
import type { AuthManager, RequestInput, Rule } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";

const ada = forge();
const eve = forge({ payload: goodClaims({ sub: "eve" }) });
const refresh = forge({ payload: goodClaims({ sub: "ref", type: "refresh" }) });
const bad = forge({ secret: "x".repeat(40) });
const { auth: plain } = createAuth();
const { auth: withCookies } = createAuth({ cookies: { auth: "t", refresh: "r" } });
const MISSING = "TOKEN_MISSING";
const MALFORMED = "TOKEN_MALFORMED";
const AMBIGUOUS = "CREDENTIALS_AMBIGUOUS";

/** Whom a request is from, or why it is refused. */
const caller = async (auth: AuthManager, input: RequestInput, rule: Rule = { type: "auth" }): Promise<string> =>
  auth
    .forRequest({ method: "GET", ...input })
    .require(rule)
    .then(
      (jwt) => jwt.sub,
      (error: { reason?: string }) => error.reason ?? "no reason",
    );

type Headers_ = NonNullable<RequestInput["headers"]>;
const HEADERS: ReadonlyArray<readonly [what: string, verdict: string, headers: Headers_]> = [
  ["no header", MISSING, {}],
  ["the scheme and a token", "ada", { authorization: `Bearer ${ada}` }],
  ["the scheme in lower case", "ada", { authorization: `bearer ${ada}` }],
  ["the scheme in capitals", "ada", { authorization: `BEARER ${ada}` }],
  ["the header's name in any case", "ada", { AUTHORIZATION: `Bearer ${ada}` }],
  ["several spaces", "ada", { authorization: `  Bearer    ${ada}  ` }],
  ["a tab", "ada", { authorization: `Bearer\t${ada}` }],
  ["an empty header", MISSING, { authorization: "" }],
  ["a blank header", MISSING, { authorization: "  " }],
  ["another scheme", MISSING, { authorization: `Basic ${ada}` }],
  ["a scheme that begins like it", MISSING, { authorization: `BearerX ${ada}` }],
  ["a scheme that ends like it", MISSING, { authorization: `XBearer ${ada}` }],
  ["the scheme glued to the token", MISSING, { authorization: `Bearer${ada}` }],
  ["a token without a scheme", MISSING, { authorization: ada }],
  ["a digest with commas", MISSING, { authorization: 'Digest username="a", realm="Bearer b", nonce="c"' }],
  ["the scheme without a token", MISSING, { authorization: "Bearer" }],
  ["the scheme and a space", MISSING, { authorization: "Bearer " }],
  ["a token in quotes", MALFORMED, { authorization: `Bearer "${ada}"` }],
  ["two words", MALFORMED, { authorization: `Bearer ${ada} ${ada}` }],
  ["the scheme twice", MALFORMED, { authorization: `Bearer Bearer ${ada}` }],
  ["two headers that are the same", "ada", { authorization: [`Bearer ${ada}`, `bearer ${ada}`] }],
  ["two headers that differ", AMBIGUOUS, { authorization: [`Bearer ${ada}`, `Bearer ${eve}`] }],
  [
    "two headers by names in different case",
    AMBIGUOUS,
    { Authorization: `Bearer ${ada}`, authorization: `Bearer ${eve}` },
  ],
  ["two joined by a comma that are the same", "ada", { authorization: `Bearer ${ada}, Bearer ${ada}` }],
  ["two joined by a comma that differ", AMBIGUOUS, { authorization: `Bearer ${ada}, Bearer ${eve}` }],
  ["two joined by a bare comma", AMBIGUOUS, { authorization: `Bearer ${ada},bearer ${eve}` }],
  ["a good one and an empty one", "ada", { authorization: `Bearer ${ada}, Bearer` }],
  ["another scheme before it", "ada", { authorization: `Basic YTpi, Bearer ${ada}` }],
  ["another scheme after it", "ada", { authorization: `Bearer ${ada}, Basic YTpi` }],
  ["another scheme in a header of its own", "ada", { authorization: ["Basic YTpi", `Bearer ${ada}`] }],
];

describe("the Authorization header", () => {
  it.each(HEADERS)("%s: %s", async (_, verdict, headers) => {
    expect(await caller(plain, { headers })).toBe(verdict);
  });

  it("is read from Fetch headers too, where repeated ones arrive joined", async () => {
    const headers = new Headers({ Authorization: `Bearer ${ada}` });
    expect(await caller(plain, { headers })).toBe("ada");
    headers.append("authorization", `Bearer ${ada}`);
    expect(await caller(plain, { headers })).toBe("ada");
    headers.append("authorization", `Bearer ${eve}`);
    expect(await caller(plain, { headers })).toBe(AMBIGUOUS);
  });

  it("two that differ are refused with 400, also by an optional rule", async () => {
    const request = plain.forRequest({ headers: { authorization: `Bearer ${ada}, Bearer ${eve}` } });
    await expect(request.require({ optional: true })).rejects.toMatchObject({
      name: "AuthError",
      status: 400,
      reason: AMBIGUOUS,
    });
    await expect(request.authenticate()).rejects.toMatchObject({ reason: AMBIGUOUS });
    expect(request.token).toBeNull();
  });

  it("of another scheme leaves an optional rule anonymous", async () => {
    expect(await plain.forRequest({ headers: { authorization: "Basic YTpi" } }).require({ optional: true })).toBeNull();
  });
});

describe("a header of one's own", () => {
  it("with a scheme of one's own", async () => {
    const { auth } = createAuth({ header: { name: "X-Auth", scheme: "Token" } });
    expect(await caller(auth, { headers: { "x-auth": `token ${ada}` } })).toBe("ada");
    expect(await caller(auth, { headers: { "x-auth": `Bearer ${ada}` } })).toBe(MISSING);
    expect(await caller(auth, { headers: { authorization: `Token ${ada}` } })).toBe(MISSING);
  });

  it("with a blank scheme takes the whole value", async () => {
    const { auth } = createAuth({ header: { name: "X-Auth", scheme: "" } });
    expect(await caller(auth, { headers: { "X-Auth": ` ${ada} ` } })).toBe("ada");
    expect(await caller(auth, { headers: { "X-Auth": `Bearer ${ada}` } })).toBe(MALFORMED);
    expect(await caller(auth, { headers: { "X-Auth": "" } })).toBe(MISSING);
    expect(await caller(auth, { headers: { "X-Auth": `${ada}, ${ada}` } })).toBe("ada");
    expect(await caller(auth, { headers: { "X-Auth": `${ada}, ${eve}` } })).toBe(AMBIGUOUS);
  });

  it("keeps what is not named at its default", async () => {
    const { auth: scheme } = createAuth({ header: { scheme: "JWT" } });
    expect(await caller(scheme, { headers: { authorization: `jwt ${ada}` } })).toBe("ada");
    const { auth: name } = createAuth({ header: { name: "x-auth" } });
    expect(await caller(name, { headers: { "x-auth": `Bearer ${ada}` } })).toBe("ada");
  });
});

const COOKIES: ReadonlyArray<readonly [what: string, verdict: string, cookie: string | readonly string[]]> = [
  ["alone", "ada", `t=${ada}`],
  ["among others", "ada", `a=b; t=${ada}; c=d`],
  ["without spaces", "ada", `a=b;t=${ada};c=d`],
  ["in quotes", "ada", `t="${ada}"`],
  ["twice the same", "ada", `t=${ada}; t=${ada}`],
  ["twice the same, once in quotes", "ada", `t=${ada}; t="${ada}"`],
  ["in two headers", "ada", [`a=b`, `t=${ada}`]],
  ["twice, different", AMBIGUOUS, `t=${ada}; t=${eve}`],
  ["twice, different, in two headers", AMBIGUOUS, [`t=${ada}`, `t=${eve}`]],
  ["twice, one of them cleared", "ada", `t=; t=${ada}`],
  ["cleared", MISSING, "t="],
  ["cleared, in quotes", MISSING, 't=""'],
  ["without a value", MISSING, "t"],
  ["absent", MISSING, "a=b"],
  ["of a longer name", MISSING, `tt=${ada}; t2=${ada}; xt=${ada}`],
  ["of a name in other case", MISSING, `T=${ada}`],
  ["inside another's value", MISSING, `a="t=${ada}"`],
  ["of the other type's name", MISSING, `r=${ada}`],
  ["no token at all", MALFORMED, "t=hello"],
  ["with a scheme before it", MALFORMED, `t=Bearer ${ada}`],
  ["a bad one", "SIGNATURE_INVALID", `t=${bad}`],
];

describe("a cookie", () => {
  it.each(COOKIES)("%s: %s", async (_, verdict, cookie) => {
    expect(await caller(withCookies, { headers: { cookie } })).toBe(verdict);
  });

  it("is not looked at where none is named", async () => {
    const headers = { cookie: `t=${ada}; auth=${ada}` };
    expect(await caller(plain, { headers })).toBe(MISSING);
    expect(await caller(createAuth({ cookies: { refresh: "t" } }).auth, { headers })).toBe(MISSING);
  });

  it("is read by the rule's type: one name for auth, another for refresh", async () => {
    const headers = { cookie: `t=${ada}; r=${refresh}` };
    expect(await caller(withCookies, { headers })).toBe("ada");
    expect(await caller(withCookies, { headers }, { type: "refresh" })).toBe("ref");
    expect(await caller(withCookies, { headers: { cookie: `t=${refresh}` } })).toBe("TOKEN_TYPE_INVALID");
    expect(await caller(withCookies, { headers: { cookie: `t=${refresh}` } }, { type: "refresh" })).toBe(MISSING);
  });

  it("that is ambiguous for one type leaves the other alone", async () => {
    const headers = { cookie: `t=${ada}; t=${eve}; r=${refresh}` };
    const request = withCookies.forRequest({ headers, method: "GET" });
    await expect(request.require()).rejects.toMatchObject({ status: 400, reason: AMBIGUOUS });
    expect((await request.require({ type: "refresh" })).sub).toBe("ref");
  });
});

describe("header before cookie", () => {
  it("a header credential counts, good or bad, and the cookie only without one", async () => {
    const cookie = `t=${eve}`;
    expect(await caller(withCookies, { headers: { authorization: `Bearer ${ada}`, cookie } })).toBe("ada");
    expect(await caller(withCookies, { headers: { authorization: `Bearer ${bad}`, cookie } })).toBe(
      "SIGNATURE_INVALID",
    );
    expect(await caller(withCookies, { headers: { authorization: "Bearer", cookie } })).toBe("eve");
    expect(await caller(withCookies, { headers: { authorization: "Basic YTpi", cookie } })).toBe("eve");
    expect(await caller(withCookies, { headers: { authorization: "", cookie } })).toBe("eve");
  });

  it("a token given by hand counts before both", async () => {
    const headers = { authorization: `Bearer ${eve}`, cookie: `t=${eve}` };
    expect(await caller(withCookies, { token: ada, headers })).toBe("ada");
  });

  it("a cookie that is not asked is no reason to refuse", async () => {
    const headers = { authorization: `Bearer ${ada}`, cookie: `t=${ada}; t=${eve}`, "sec-fetch-site": "cross-site" };
    expect(await caller(withCookies, { headers, method: "POST" })).toBe("ada");
  });
});

describe("location", () => {
  const header = { authorization: `Bearer ${ada}` };
  const cookie = { cookie: `t=${eve}` };

  it.each([
    ["header", header, "ada"],
    ["header", cookie, MISSING],
    ["cookies", cookie, "eve"],
    ["cookies", header, MISSING],
    ["header", { ...header, ...cookie }, "ada"],
    // The header's credential is the request's, so a rule for cookies finds it elsewhere.
    ["cookies", { ...header, ...cookie }, MISSING],
  ] as const)("%s with %j: %s", async (location, headers, verdict) => {
    expect(await caller(withCookies, { headers }, { location })).toBe(verdict);
    expect(await caller(withCookies, { headers }, { location, claims: { type: "auth" } })).toBe(verdict);
  });
});
