/** The source of a credential: the header with its scheme, else the cookie of the rule's type. */
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

/** The subject of the request's credential, or the reason of the rejection. */
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
  ["the header name in another case", "ada", { AUTHORIZATION: `Bearer ${ada}` }],
  ["several spaces", "ada", { authorization: `  Bearer    ${ada}  ` }],
  ["several spaces after the scheme only", "ada", { authorization: `Bearer   ${ada}` }],
  ["a space behind the token", "ada", { authorization: `Bearer ${ada} ` }],
  ["a tab", "ada", { authorization: `Bearer\t${ada}` }],
  ["a space and a tab", "ada", { authorization: `Bearer \t${ada}\t` }],
  ["an empty header", MISSING, { authorization: "" }],
  ["a blank header", MISSING, { authorization: "  " }],
  ["another scheme", MISSING, { authorization: `Basic ${ada}` }],
  ["a scheme with the same beginning", MISSING, { authorization: `BearerX ${ada}` }],
  ["a scheme with the same end", MISSING, { authorization: `XBearer ${ada}` }],
  ["the scheme and the token without a space", MISSING, { authorization: `Bearer${ada}` }],
  ["a token without a scheme", MISSING, { authorization: ada }],
  ["a digest with commas", MISSING, { authorization: 'Digest username="a", realm="Bearer b", nonce="c"' }],
  ["the scheme without a token", MISSING, { authorization: "Bearer" }],
  ["the scheme and a space", MISSING, { authorization: "Bearer " }],
  ["a token in quotes", MALFORMED, { authorization: `Bearer "${ada}"` }],
  ["two words after the scheme", MALFORMED, { authorization: `Bearer ${ada} ${ada}` }],
  ["the scheme twice", MALFORMED, { authorization: `Bearer Bearer ${ada}` }],
  ["two equal headers", "ada", { authorization: [`Bearer ${ada}`, `bearer ${ada}`] }],
  ["two different headers", AMBIGUOUS, { authorization: [`Bearer ${ada}`, `Bearer ${eve}`] }],
  [
    "two different headers whose names differ in case",
    AMBIGUOUS,
    { Authorization: `Bearer ${ada}`, authorization: `Bearer ${eve}` },
  ],
  ["two equal credentials joined by a comma", "ada", { authorization: `Bearer ${ada}, Bearer ${ada}` }],
  ["two different credentials joined by a comma", AMBIGUOUS, { authorization: `Bearer ${ada}, Bearer ${eve}` }],
  ["two different credentials joined by a bare comma", AMBIGUOUS, { authorization: `Bearer ${ada},bearer ${eve}` }],
  ["a credential and an empty credential", "ada", { authorization: `Bearer ${ada}, Bearer` }],
  ["another scheme before the credential", "ada", { authorization: `Basic YTpi, Bearer ${ada}` }],
  ["another scheme after the credential", "ada", { authorization: `Bearer ${ada}, Basic YTpi` }],
  ["a credential and an empty credential, joined by a bare comma", "ada", { authorization: `Bearer ${ada},Bearer` }],
  [
    "two different credentials, the second behind several spaces",
    AMBIGUOUS,
    { authorization: `Bearer ${ada}, Bearer   ${eve}` },
  ],
  ["a comma and more text behind the token", MALFORMED, { authorization: `Bearer ${ada},more` }],
  ["a parameter behind the token", MALFORMED, { authorization: `Bearer ${ada}, x="a b"` }],
  ["a scheme as long as ours, and ours in place of the token", MISSING, { authorization: "Custom Bearer" }],
  ["99 commas", "ada", { authorization: `Bearer ${ada}${", Basic a".repeat(99)}` }],
  ["100 commas", AMBIGUOUS, { authorization: `Bearer ${ada}${", Basic a".repeat(100)}` }],
  ["another scheme in a second header", "ada", { authorization: ["Basic YTpi", `Bearer ${ada}`] }],
];

describe("the Authorization header", () => {
  it.each(HEADERS)("with %s results in %s", async (_, verdict, headers) => {
    expect(await caller(plain, { headers })).toBe(verdict);
  });

  it("is read from a Headers object, which joins repeated headers", async () => {
    const headers = new Headers({ Authorization: `Bearer ${ada}` });
    expect(await caller(plain, { headers })).toBe("ada");
    headers.append("authorization", `Bearer ${ada}`);
    expect(await caller(plain, { headers })).toBe("ada");
    headers.append("authorization", `Bearer ${eve}`);
    expect(await caller(plain, { headers })).toBe(AMBIGUOUS);
  });

  it("with two different credentials is rejected with 400, also by an optional rule", async () => {
    const request = plain.forRequest({ headers: { authorization: `Bearer ${ada}, Bearer ${eve}` } });
    await expect(request.require({ optional: true })).rejects.toMatchObject({
      name: "AuthError",
      status: 400,
      reason: AMBIGUOUS,
    });
    await expect(request.authenticate()).rejects.toMatchObject({ reason: AMBIGUOUS });
    expect(request.token).toBeNull();
  });

  it("with another scheme leaves an optional rule anonymous", async () => {
    expect(await plain.forRequest({ headers: { authorization: "Basic YTpi" } }).require({ optional: true })).toBeNull();
  });
});

describe("a custom header", () => {
  it("is read with a custom scheme, and replaces Authorization", async () => {
    const { auth } = createAuth({ header: { name: "X-Auth", scheme: "Token" } });
    expect(await caller(auth, { headers: { "x-auth": `token ${ada}` } })).toBe("ada");
    expect(await caller(auth, { headers: { "x-auth": `Bearer ${ada}` } })).toBe(MISSING);
    expect(await caller(auth, { headers: { authorization: `Token ${ada}` } })).toBe(MISSING);
  });

  it("is read whole when the scheme is blank", async () => {
    const { auth } = createAuth({ header: { name: "X-Auth", scheme: "" } });
    expect(await caller(auth, { headers: { "X-Auth": ` ${ada} ` } })).toBe("ada");
    expect(await caller(auth, { headers: { "X-Auth": `Bearer ${ada}` } })).toBe(MALFORMED);
    expect(await caller(auth, { headers: { "X-Auth": "" } })).toBe(MISSING);
    expect(await caller(auth, { headers: { "X-Auth": `${ada}, ${ada}` } })).toBe("ada");
    expect(await caller(auth, { headers: { "X-Auth": `${ada}, ${eve}` } })).toBe(AMBIGUOUS);
  });

  it("keeps the default scheme or the default name when the option names only the other", async () => {
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
  ["twice with the same value", "ada", `t=${ada}; t=${ada}`],
  ["twice with the same value, once in quotes", "ada", `t=${ada}; t="${ada}"`],
  ["in two headers", "ada", [`a=b`, `t=${ada}`]],
  ["twice with different values", AMBIGUOUS, `t=${ada}; t=${eve}`],
  ["twice with different values, in two headers", AMBIGUOUS, [`t=${ada}`, `t=${eve}`]],
  ["twice, once with an empty value", "ada", `t=; t=${ada}`],
  ["with an empty value", MISSING, "t="],
  ["with an empty value in quotes", MISSING, 't=""'],
  ["without a value", MISSING, "t"],
  ["without a value, under a name of one letter more", MISSING, "tx"],
  ["with one quote as its value", MALFORMED, 't="'],
  ["with a quote before the token only", MALFORMED, `t="${ada}x`],
  ["with a quote behind the token only", MALFORMED, `t=x${ada}"`],
  ["under another name", MISSING, "a=b"],
  ["under longer names only", MISSING, `tt=${ada}; t2=${ada}; xt=${ada}`],
  ["under a name in another case", MISSING, `T=${ada}`],
  ["inside the value of another cookie", MISSING, `a="t=${ada}"`],
  ["under the other type's name", MISSING, `r=${ada}`],
  ["with text that is not a token", MALFORMED, "t=hello"],
  ["with a scheme before it", MALFORMED, `t=Bearer ${ada}`],
  ["with a forged token", "SIGNATURE_INVALID", `t=${bad}`],
];

describe("a cookie credential", () => {
  it.each(COOKIES)("sent %s results in %s", async (_, verdict, cookie) => {
    expect(await caller(withCookies, { headers: { cookie } })).toBe(verdict);
  });

  it("is found again by a later rule of the same request", async () => {
    const request = withCookies.forRequest({ headers: { cookie: `t=${ada}` }, method: "GET" });
    for (let use = 0; use < 3; use++) expect((await request.require()).sub).toBe("ada");
  });

  it("is ignored when the rule's type has no configured cookie", async () => {
    const headers = { cookie: `t=${ada}; auth=${ada}` };
    expect(await caller(plain, { headers })).toBe(MISSING);
    expect(await caller(createAuth({ cookies: { refresh: "t" } }).auth, { headers })).toBe(MISSING);
  });

  it("is read under the name of the rule's type, auth or refresh", async () => {
    const headers = { cookie: `t=${ada}; r=${refresh}` };
    expect(await caller(withCookies, { headers })).toBe("ada");
    expect(await caller(withCookies, { headers }, { type: "refresh" })).toBe("ref");
    expect(await caller(withCookies, { headers: { cookie: `t=${refresh}` } })).toBe("TOKEN_TYPE_INVALID");
    expect(await caller(withCookies, { headers: { cookie: `t=${refresh}` } }, { type: "refresh" })).toBe(MISSING);
  });

  it("that is ambiguous for one type does not affect the other type", async () => {
    const headers = { cookie: `t=${ada}; t=${eve}; r=${refresh}` };
    const request = withCookies.forRequest({ headers, method: "GET" });
    await expect(request.require()).rejects.toMatchObject({ status: 400, reason: AMBIGUOUS });
    expect((await request.require({ type: "refresh" })).sub).toBe("ref");
  });
});

describe("the order of credentials", () => {
  it("prefers a header credential, valid or invalid, to the cookie", async () => {
    const cookie = `t=${eve}`;
    expect(await caller(withCookies, { headers: { authorization: `Bearer ${ada}`, cookie } })).toBe("ada");
    expect(await caller(withCookies, { headers: { authorization: `Bearer ${bad}`, cookie } })).toBe(
      "SIGNATURE_INVALID",
    );
    expect(await caller(withCookies, { headers: { authorization: "Bearer", cookie } })).toBe("eve");
    expect(await caller(withCookies, { headers: { authorization: "Basic YTpi", cookie } })).toBe("eve");
    expect(await caller(withCookies, { headers: { authorization: "", cookie } })).toBe("eve");
  });

  it("prefers a token passed to forRequest to the header and the cookie", async () => {
    const headers = { authorization: `Bearer ${eve}`, cookie: `t=${eve}` };
    expect(await caller(withCookies, { token: ada, headers })).toBe("ada");
  });

  it("rejects no request for a cookie when the header has the credential", async () => {
    const headers = { authorization: `Bearer ${ada}`, cookie: `t=${ada}; t=${eve}`, "sec-fetch-site": "cross-site" };
    expect(await caller(withCookies, { headers, method: "POST" })).toBe("ada");
  });
});

describe("a rule's location", () => {
  const header = { authorization: `Bearer ${ada}` };
  const cookie = { cookie: `t=${eve}` };

  it.each([
    ["header", header, "ada"],
    ["header", cookie, MISSING],
    ["cookies", cookie, "eve"],
    ["cookies", header, MISSING],
    ["header", { ...header, ...cookie }, "ada"],
    // The header's credential comes first, so a rule for cookies finds no credential.
    ["cookies", { ...header, ...cookie }, MISSING],
  ] as const)("%s with %j results in %s", async (location, headers, verdict) => {
    expect(await caller(withCookies, { headers }, { location })).toBe(verdict);
    expect(await caller(withCookies, { headers }, { location, claims: { type: "auth" } })).toBe(verdict);
  });

  it("header rejects no request for its cookies, whatever they are", async () => {
    const twice = { cookie: `t=${ada}; t=${eve}` };
    expect(await caller(withCookies, { headers: twice }, { location: "cookies" })).toBe(AMBIGUOUS);
    expect(await caller(withCookies, { headers: twice }, { location: "header" })).toBe(MISSING);
    const forged = { ...cookie, "sec-fetch-site": "cross-site" };
    expect(await caller(withCookies, { headers: forged }, { location: "cookies" })).toBe("CSRF_REJECTED");
    expect(await caller(withCookies, { headers: forged }, { location: "header" })).toBe(MISSING);
  });
});
