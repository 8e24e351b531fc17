/** The option `discovery`: keys found through the issuer's own metadata. */
import { JWKSClientError } from "claimgate/jwt";
import { createTestClock } from "claimgate/testing";
import { describe, expect, it } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { API, createIssuer, type Issuer, type JsonServer, serveJson, trusting } from "./support.ts";

const METADATA = "/.well-known/openid-configuration";

/** An issuer at `path` of a server that publishes its metadata and keys. */
async function publish(path = ""): Promise<{ theirs: Issuer; server: JsonServer; issuer: string }> {
  const server = await serveJson();
  const issuer = server.url + path;
  const theirs = await createIssuer(issuer);
  server.answers.set(`${path.replace(/\/$/, "")}${METADATA}`, { issuer, jwks_uri: `${server.url}/keys` });
  server.answers.set("/keys", theirs.jwks);
  return { theirs, server, issuer };
}

const discovering = (issuer: string, over = {}) =>
  trusting({ issuer, discovery: true, audience: API, algorithms: ["ES256"], ...over });

describe("discovery", () => {
  it.each<[string, string, string]>([
    ["at the root", "", METADATA],
    ["at the root with a slash, as with Auth0", "/", METADATA],
    ["at a path, as with Keycloak", "/realms/main", `/realms/main${METADATA}`],
    ["at a path with a slash, as with Entra v1", "/tenant/", `/tenant${METADATA}`],
  ])("finds the keys of an issuer %s", async (_, path, asked) => {
    const { theirs, server, issuer } = await publish(path);
    expect(await verdictOf(discovering(issuer), await theirs.token())).toBe("allowed");
    expect(server.requests).toEqual([asked, "/keys"]);
  });

  it("fetches the metadata again with the keys, so that the key set may move", async () => {
    const { theirs, server, issuer } = await publish();
    const moved = await createIssuer(issuer, { kid: "k2" });
    const clock = createTestClock(NOW);
    const auth = trusting(
      { issuer, discovery: true, audience: API, algorithms: ["ES256"], lifespan: 300 },
      { now: clock.now },
    );
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
    server.answers.set(METADATA, { issuer, jwks_uri: `${server.url}/moved` });
    server.answers.set("/moved", moved.jwks);
    clock.set(NOW + 301);
    expect(await verdictOf(auth, await moved.token({ exp: NOW + 400 }))).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token({ exp: NOW + 400 }))).toBe("SIGNATURE_INVALID");
    expect(server.requests).toEqual([METADATA, "/keys", METADATA, "/moved"]);
  });

  it("sends the entry's headers with both requests", async () => {
    const { theirs, server, issuer } = await publish();
    const seen: (string | null)[] = [];
    const auth = discovering(issuer, {
      headers: { "x-api-key": "k" },
      fetch: async (url: string, init: RequestInit) => {
        seen.push(new Headers(init.headers).get("x-api-key"));
        return fetch(url, init);
      },
    });
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
    expect([seen, server.requests.length]).toEqual([["k", "k"], 2]);
  });
});

describe("an issuer whose metadata is elsewhere, as with Azure AD B2C", () => {
  it("has keys at jwksUri, and the error of discovery names that option", async () => {
    const { server } = await publish("/policy/");
    const theirs = await createIssuer(`${server.url}/tenant/`);
    server.answers.set(`/tenant${METADATA}`, { issuer: `${server.url}/policy/`, jwks_uri: `${server.url}/keys` });
    server.answers.set("/keys", theirs.jwks);
    expect(await refusalOf(discovering(theirs.issuer).verify(await theirs.token()))).toMatchObject({
      reason: "KEYS_UNAVAILABLE",
      message: expect.stringMatching(/is not the configured issuer.*set jwksUri in place of discovery/) as string,
    });
    const located = trusting({
      issuer: theirs.issuer,
      jwksUri: `${server.url}/keys`,
      audience: API,
      algorithms: ["ES256"],
    });
    expect(await verdictOf(located, await theirs.token())).toBe("allowed");
  });
});

describe("a discovery document", () => {
  it.each<[string, (issuer: string) => unknown]>([
    ["that names another issuer", () => ({ issuer: "https://others.example" })],
    ["that names the issuer with a slash", (issuer) => ({ issuer: `${issuer}/` })],
    ["that names no issuer", () => ({ issuer: undefined })],
    ["without jwks_uri", () => ({ jwks_uri: undefined })],
    ["whose jwks_uri lacks TLS", () => ({ jwks_uri: "http://theirs.example/keys" })],
    ["whose jwks_uri is a file", () => ({ jwks_uri: "file:///etc/keys" })],
    ["whose jwks_uri is relative", () => ({ jwks_uri: "/keys" })],
    ["whose jwks_uri has a password", (issuer) => ({ jwks_uri: `${issuer.replace("//", "//me:pass@")}/keys` })],
    ["that is a list", () => []],
    ["that is null", () => null],
    ["that is not JSON", () => "<html>"],
  ])("%s is rejected with KEYS_UNAVAILABLE", async (_, spoil) => {
    const { theirs, server, issuer } = await publish();
    const spoilt = spoil(issuer);
    const isPart = typeof spoilt === "object" && spoilt !== null && !Array.isArray(spoilt);
    server.answers.set(
      METADATA,
      isPart ? { issuer, jwks_uri: `${server.url}/keys`, ...spoilt } : JSON.stringify(spoilt),
    );
    if (spoilt === "<html>") server.answers.set(METADATA, spoilt);
    const auth = discovering(issuer);
    expect(await verdictOf(auth, await theirs.token())).toBe("KEYS_UNAVAILABLE");
    expect(await refusalOf(auth.verify(await theirs.token()))).toBeInstanceOf(JWKSClientError);
    expect(server.requests).toEqual([METADATA]);
  });

  it("of an issuer with TLS is rejected when its jwks_uri is on loopback without TLS", async () => {
    const { theirs } = await publish();
    const asked: string[] = [];
    const issuer = "https://theirs.example";
    const auth = discovering(issuer, {
      fetch: async (url: string) => {
        asked.push(url);
        return Response.json({ issuer, jwks_uri: "http://127.0.0.1:1/keys" });
      },
    });
    expect(await verdictOf(auth, await theirs.token({ iss: issuer }))).toBe("KEYS_UNAVAILABLE");
    expect(asked).toEqual([issuer + METADATA]);
  });

  it("is accepted after a redirect within its origin, and rejected after one to another origin", async () => {
    const { theirs, server, issuer } = await publish();
    const other = await serveJson({ [METADATA]: { issuer, jwks_uri: `${server.url}/keys` } });
    server.answers.set("/metadata", { issuer, jwks_uri: `${server.url}/keys` });
    server.redirects.set(METADATA, other.url + METADATA);
    expect(await verdictOf(discovering(issuer), await theirs.token())).toBe("KEYS_UNAVAILABLE");
    expect(other.requests).toEqual([]);
    server.redirects.set(METADATA, "/metadata");
    expect(await verdictOf(discovering(issuer), await theirs.token())).toBe("allowed");
  });

  it("is abandoned after the timeout", async () => {
    const { theirs, issuer } = await publish();
    let isGivenUp = false;
    const auth = discovering(issuer, {
      timeout: 0.01,
      fetch: (_: string, { signal }: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            isGivenUp = true;
            reject(signal.reason as Error);
          });
        }),
    });
    expect(await verdictOf(auth, await theirs.token())).toBe("KEYS_UNAVAILABLE");
    expect(isGivenUp).toBe(true);
  });
});
