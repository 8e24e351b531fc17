/** Discovery: an issuer's own metadata says where its keys are, and no one else's. */
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
    ["at the root, with a slash as Auth0's", "/", METADATA],
    ["at a path, as Keycloak's", "/realms/main", `/realms/main${METADATA}`],
    ["at a path with a slash, as Entra's first version", "/tenant/", `/tenant${METADATA}`],
  ])("finds the keys of an issuer %s", async (_, path, asked) => {
    const { theirs, server, issuer } = await publish(path);
    expect(await verdictOf(discovering(issuer), await theirs.token())).toBe("allowed");
    expect(server.requests).toEqual([asked, "/keys"]);
  });

  it("is asked again when the keys are, so that they may move", async () => {
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

describe("metadata that cannot be trusted", () => {
  it.each<[string, (issuer: string) => unknown]>([
    ["that is of another issuer", () => ({ issuer: "https://others.example" })],
    ["that is of the issuer with a slash", (issuer) => ({ issuer: `${issuer}/` })],
    ["that is of no issuer", () => ({ issuer: undefined })],
    ["without keys", () => ({ jwks_uri: undefined })],
    ["whose keys are not behind TLS", () => ({ jwks_uri: "http://theirs.example/keys" })],
    ["whose keys are in a file", () => ({ jwks_uri: "file:///etc/keys" })],
    ["whose keys are at no URL", () => ({ jwks_uri: "/keys" })],
    ["whose keys are behind a password", (issuer) => ({ jwks_uri: `${issuer.replace("//", "//me:pass@")}/keys` })],
    ["that is a list", () => []],
    ["that is null", () => null],
    ["that is no JSON", () => "<html>"],
  ])("is as good as none: metadata %s", async (_, spoil) => {
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

  it("of an issuer behind TLS may not lead to keys on this machine without it", async () => {
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

  it("is not followed to another origin, and is within its own", async () => {
    const { theirs, server, issuer } = await publish();
    const other = await serveJson({ [METADATA]: { issuer, jwks_uri: `${server.url}/keys` } });
    server.answers.set("/metadata", { issuer, jwks_uri: `${server.url}/keys` });
    server.redirects.set(METADATA, other.url + METADATA);
    expect(await verdictOf(discovering(issuer), await theirs.token())).toBe("KEYS_UNAVAILABLE");
    expect(other.requests).toEqual([]);
    server.redirects.set(METADATA, "/metadata");
    expect(await verdictOf(discovering(issuer), await theirs.token())).toBe("allowed");
  });

  it("is not waited for longer than the timeout", async () => {
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
