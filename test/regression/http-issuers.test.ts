/** Issuers in a private network without TLS: the option `allowHttp` of an entry of `trust`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { AuthManager, type AuthManagerConfig, type AuthManagerOptions, InvalidConfigError } from "claimgate";
import type { KeyFetch } from "claimgate/jwt";
import { describe, expect, it, onTestFinished } from "vitest";
import { isPrivateHost } from "../../src/core/jwt/jwks/private-hosts.ts";
import {
  API,
  createIssuer,
  entryOf,
  type Issuer,
  type JsonServer,
  serveJson,
  trusting,
} from "../core/issuers/support.ts";
import { ISSUER, NOW, SECRET } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { serveBoth } from "../support/serve-both.ts";
import { verdictOf } from "../support/verdict-of.ts";

const METADATA = "/.well-known/openid-configuration";
const HOST = "http://keycloak:8080";
const OWN = { issuer: ISSUER, algorithm: "HS256", secret: SECRET, now: () => NOW };

/** A fetch for a machine whose name service knows `from` as the test's server. */
const reaching =
  (server: JsonServer, from = HOST): KeyFetch =>
  (url, init) =>
    fetch(url.replace(from, server.url), init);

const at = (theirs: Issuer, over: object, config: AuthManagerOptions = {}): AuthManager => {
  const { jwks: _, ...entry } = entryOf(theirs);
  return trusting({ ...entry, ...over }, config);
};

describe("an issuer at a name without dots", () => {
  it("is read over http with allowHttp: its keys, and its metadata", async () => {
    const theirs = await createIssuer(`${HOST}/realms/main`);
    const server = await serveJson({
      "/keys": theirs.jwks,
      [`/realms/main${METADATA}`]: { issuer: theirs.issuer, jwks_uri: `${HOST}/keys` },
    });
    const by = { allowHttp: true, fetch: reaching(server) } as const;
    expect(await verdictOf(at(theirs, { ...by, jwksUri: `${HOST}/keys` }), await theirs.token())).toBe("allowed");
    expect(await verdictOf(at(theirs, { ...by, discovery: true }), await theirs.token())).toBe("allowed");
    expect(server.requests).toEqual(["/keys", `/realms/main${METADATA}`, "/keys"]);
  });

  it("is rejected without allowHttp, by an error that names the option", async () => {
    const theirs = await createIssuer(HOST);
    for (const [place, over] of [
      ["trust.0.jwksUri", { jwksUri: `${HOST}/keys` }],
      ["trust.0.issuer", { discovery: true }],
    ] as const) {
      const error = await refusalOf(() => at(theirs, over));
      expect(error).toBeInstanceOf(InvalidConfigError);
      expect(error).toMatchObject({ configValue: place, message: expect.stringContaining("set allowHttp: true") });
      expect(at(theirs, { ...over, allowHttp: true })).toBeInstanceOf(AuthManager);
    }
  });

  it("gets one verdict on both transports: its tokens, and those of another key", async () => {
    const [theirs, forger] = [await createIssuer(HOST), await createIssuer(HOST)];
    const server = await serveJson({ "/keys": theirs.jwks });
    const both = await serveBoth(at(theirs, { jwksUri: `${HOST}/keys`, allowHttp: true, fetch: reaching(server) }));
    const ask = async (token: string) => both.ask({ headers: { authorization: `Bearer ${token}` } });
    expect(await ask(await theirs.token())).toMatchObject({ verdict: "42", status: 200 });
    expect(await ask(await forger.token())).toMatchObject({ verdict: "SIGNATURE_INVALID", status: 401 });
    const gone = await serveBoth(
      at(theirs, { discovery: true, allowHttp: true, fetch: async () => Response.json({}, { status: 500 }) }),
    );
    const headers = { authorization: `Bearer ${await theirs.token()}` };
    expect(await gone.ask({ headers })).toMatchObject({ verdict: "KEYS_UNAVAILABLE", status: 503 });
  });
});

describe("an issuer at a private address", () => {
  it("is read over http through each private address of this machine", async () => {
    const addresses = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .map(({ family, address }) => (family === "IPv6" ? `[${address}]` : address))
      .filter(isPrivateHost);
    for (const address of addresses) {
      const theirs = await createIssuer();
      const http = createServer((_, res) => void res.end(JSON.stringify(theirs.jwks)));
      await new Promise<void>((resolve) => http.listen(0, address.replace(/[[\]]/g, ""), resolve));
      onTestFinished(() => void http.close());
      const jwksUri = `http://${address}:${(http.address() as AddressInfo).port}/keys`;
      expect(await verdictOf(at(theirs, { jwksUri, allowHttp: true }), await theirs.token())).toBe("allowed");
      expect(() => at(theirs, { jwksUri })).toThrow(InvalidConfigError);
    }
  });
});

describe("allowHttp", () => {
  const jwksUri = "http://idp.internal/keys";

  it.each<[string, string, object]>([
    ["a public host", "jwksUri", { jwksUri: "http://issuer.example/keys" }],
    ["a host that begins like a private address", "jwksUri", { jwksUri: "http://10.evil.com/keys" }],
    ["the address of a metadata service", "jwksUri", { jwksUri: "http://169.254.169.254/keys" }],
    ["a password", "jwksUri", { jwksUri: "http://me:pass@idp/keys" }],
    ["discovery at a public host", "issuer", { issuer: "http://issuer.example", discovery: true }],
    ["a key set of its own", "allowHttp", { jwks: { keys: [] } }],
    ["no source of keys", "", {}],
    ["the value false", "allowHttp", { jwksUri, allowHttp: false }],
    ["the value 1", "allowHttp", { jwksUri, allowHttp: 1 }],
    ['the value "true"', "allowHttp", { jwksUri, allowHttp: "true" }],
    ["the value undefined", "allowHttp", { jwksUri, allowHttp: undefined }],
    [
      "an entry without an issuer",
      "jwksUri",
      { issuer: null, jwksUri, subject: "verbatim", claims: [], require: null, issuedBefore: NOW },
    ],
  ])("is rejected with %s", async (_, option, over) => {
    const entry = { issuer: "they", audience: API, algorithms: ["ES256"], allowHttp: true, ...over };
    const error = await refusalOf(() => new AuthManager({ trust: [entry] } as unknown as AuthManagerConfig));
    expect(error).toMatchObject({ configValue: option === "" ? "trust.0" : `trust.0.${option}` });
  });

  it("is accepted with an http URL of a private host, and with an https URL", async () => {
    const entry = { issuer: "they", audience: API, algorithms: ["ES256"], allowHttp: true } as const;
    for (const url of [jwksUri, "https://issuer.example/keys"])
      expect(new AuthManager({ trust: [{ ...entry, jwksUri: url }] })).toBeInstanceOf(AuthManager);
  });
});

describe("the metadata of an issuer with allowHttp", () => {
  /** The verdict of an issuer whose metadata has `jwks_uri`, and the URLs that were fetched. */
  async function discover(issuer: string, jwks_uri: string, over: object = { allowHttp: true }) {
    const theirs = await createIssuer(issuer);
    const fetched: string[] = [];
    const answer: KeyFetch = async (url) => {
      fetched.push(url);
      return Response.json(url.includes(METADATA) ? { issuer, jwks_uri } : theirs.jwks);
    };
    const verdict = await verdictOf(at(theirs, { discovery: true, fetch: answer, ...over }), await theirs.token());
    expect(fetched.slice(1)).toEqual(verdict === "allowed" ? [new URL(jwks_uri).href] : []);
    return verdict;
  }

  it.each([
    "http://keycloak:8080/keys",
    "http://10.1.2.3/keys",
    "http://other.internal/keys",
    "http://127.0.0.1/keys",
    "https://issuer.example/keys",
  ])("may name %s if the issuer is http itself", async (jwksUri) => {
    expect(await discover(HOST, jwksUri)).toBe("allowed");
  });

  it.each([
    "http://issuer.example/keys",
    "http://10.evil.com/keys",
    "http://169.254.169.254/keys",
    "http://0.0.0.0/keys",
    "http://[::ffff:10.0.0.1]/keys",
    "http://me:pass@keycloak/keys",
    "ftp://keycloak/keys",
    "/keys",
  ])("must not name %s", async (jwksUri) => {
    expect(await discover(HOST, jwksUri)).toBe("KEYS_UNAVAILABLE");
    expect(await discover("https://theirs.example", jwksUri)).toBe("KEYS_UNAVAILABLE");
  });

  it.each([
    "https://keycloak",
    "https://theirs.example",
    "HTTPS://theirs.example",
    "hTTps://keycloak",
    " https://theirs.example",
    "\thttps://theirs.example",
    "http\ns://theirs.example",
  ])("must not name an http URL if the issuer is %j", async (issuer) => {
    for (const jwksUri of [
      "http://keycloak/keys",
      "http://10.1.2.3/keys",
      "http://127.0.0.1/keys",
      "HTTP://localhost/keys",
    ]) {
      expect(await discover(issuer, jwksUri)).toBe("KEYS_UNAVAILABLE");
      expect(await discover(issuer, jwksUri, {})).toBe("KEYS_UNAVAILABLE");
    }
    expect(await discover(issuer, "https://keycloak/keys")).toBe("allowed");
  });

  it("may name http on loopback only without allowHttp, and that only if the issuer is http itself", async () => {
    expect(await discover("http://localhost:8080", "http://127.0.0.1/keys", {})).toBe("allowed");
    expect(await discover("http://localhost:8080", "http://keycloak/keys", {})).toBe("KEYS_UNAVAILABLE");
    expect(await discover("http://localhost:8080", "http://keycloak/keys")).toBe("allowed");
  });
});

describe("a redirect of an issuer with allowHttp", () => {
  async function follow(jwksUri: string, location: string): Promise<string> {
    const theirs = await createIssuer();
    const answer: KeyFetch = async (url) =>
      url === new URL(jwksUri).href
        ? new Response(null, { status: 302, headers: { location } })
        : Response.json(theirs.jwks);
    return verdictOf(at(theirs, { jwksUri, allowHttp: true, fetch: answer }), await theirs.token());
  }

  it("is followed within its origin", async () => {
    expect(await follow("http://keycloak/keys", "/moved")).toBe("allowed");
    expect(await follow("https://keycloak/keys", "https://keycloak/moved")).toBe("allowed");
  });

  it.each([
    ["https", "http", "https://keycloak/keys", "http://keycloak/keys"],
    ["https", "http on loopback", "https://keycloak/keys", "http://127.0.0.1/keys"],
    ["https", "http on its own port", "https://keycloak/keys", "http://keycloak:443/keys"],
    ["http", "https", "http://keycloak/keys", "https://keycloak/moved"],
    ["http", "another private host", "http://keycloak/keys", "http://10.0.0.1/moved"],
    ["http", "another port", "http://keycloak/keys", "http://keycloak:81/moved"],
    ["http", "a user", "http://keycloak/keys", "http://me@keycloak/moved"],
  ])("is rejected from %s to %s", async (_, __, jwksUri, location) => {
    expect(await follow(jwksUri, location)).toBe("KEYS_UNAVAILABLE");
  });
});

describe("the event http-allowed", () => {
  const entry = { audience: API, algorithms: ["ES256"], subject: "verbatim", claims: [], allowHttp: true } as const;
  const trust = [
    { ...entry, issuer: "a", jwksUri: "http://idp.internal:8080/keys?code=s3cret" },
    { ...entry, issuer: "http://keycloak/realms/b", discovery: true },
    { ...entry, issuer: "c", jwksUri: "https://idp.internal/keys" },
    { ...entry, issuer: "d", jwksUri: "http://127.0.0.1/keys" },
  ] as const;
  const EVENTS = [
    { type: "http-allowed", issuer: "a", url: "http://idp.internal:8080/keys", at: NOW },
    { type: "http-allowed", issuer: "http://keycloak/realms/b", url: "http://keycloak/realms/b", at: NOW },
    { type: "http-allowed", issuer: "d", url: "http://127.0.0.1/keys", at: NOW },
  ];

  it("is emitted once for each http URL, by the constructor or by init", () => {
    const events: unknown[] = [];
    const config = { ...OWN, trust, onEvent: (event: unknown) => events.push(event) } as AuthManagerConfig;
    expect(new AuthManager(config)).toBeInstanceOf(AuthManager);
    expect(events.splice(0)).toEqual(EVENTS);
    const later = new AuthManager();
    expect(events).toEqual([]);
    later.init(config);
    expect(events.splice(0)).toEqual(EVENTS);
    expect(() => later.init(config)).toThrow(InvalidConfigError);
    expect(events).toEqual([]);
  });

  it("is not emitted without allowHttp, and not by a manager whose config is wrong", () => {
    const events: unknown[] = [];
    const onEvent = (event: unknown): void => void events.push(event);
    const { allowHttp: _, ...plain } = trust[3];
    expect(new AuthManager({ ...OWN, trust: [plain], onEvent } as AuthManagerConfig)).toBeInstanceOf(AuthManager);
    const twice = { ...OWN, trust: [...trust, trust[0]], onEvent } as AuthManagerConfig;
    expect(() => new AuthManager(twice)).toThrow(InvalidConfigError);
    expect(events).toEqual([]);
  });

  it("has no effect through a handler that throws or rejects", async () => {
    for (const onEvent of [
      (): never => {
        throw new Error("down");
      },
      async (): Promise<never> => Promise.reject(new Error("down")),
    ]) {
      const auth = new AuthManager({ ...OWN, trust, onEvent } as AuthManagerConfig);
      expect((await auth.verify((await auth.authToken("ada")).signed)).sub).toBe("ada");
    }
  });
});
