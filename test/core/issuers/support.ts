/** What the suites of trusted issuers share: issuers that sign in the test, a server of key sets that counts, and managers that trust. */
import { createServer } from "node:http";
import { AuthManager, type AuthManagerConfig, type TrustedIssuer } from "claimgate";
import type { Algorithm } from "claimgate/jwt";
import { CompactSign, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from "jose";
import { onTestFinished } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { listen } from "../../support/listen.ts";

export const THEIRS = "https://theirs.example";
export const OTHERS = "https://others.example";
/** What their tokens are for. */
export const API = "https://api.example";

/** Claims and header members that lie over the defaults; one that is `undefined` is left out. */
export interface TokenParts {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** An issuer, its public key, and what it signs. */
export interface Issuer {
  readonly issuer: string;
  readonly jwk: JWK;
  readonly jwks: JSONWebKeySet;
  /** An RFC 9068 access token of user 42 for `API`, good at `NOW` for a minute. */
  token(claims?: TokenParts["claims"], header?: TokenParts["header"]): Promise<string>;
}

/** An issuer with a key of its own. */
export async function createIssuer(
  issuer: string = THEIRS,
  { alg = "ES256", kid = "k1" }: { readonly alg?: Algorithm; readonly kid?: string } = {},
): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
  return {
    issuer,
    jwk,
    jwks: { keys: [jwk] },
    token: (claims, header) => {
      const payload = { iss: issuer, sub: "42", aud: API, iat: NOW, exp: NOW + 60, jti: "j1", ...claims };
      const bytes = new TextEncoder().encode(JSON.stringify(payload));
      return new CompactSign(bytes).setProtectedHeader({ alg, kid, typ: "at+jwt", ...header }).sign(privateKey);
    },
  };
}

/** An entry of `trust` with its key set in place. */
export function entryOf({ issuer, jwk, jwks }: Issuer, over: Partial<TrustedIssuer> = {}): TrustedIssuer {
  return { issuer, jwks, audience: API, algorithms: [jwk.alg as Algorithm], ...over };
}

/** A manager at `NOW` that trusts, and has no key of its own. */
export function trusting(
  trust: TrustedIssuer | readonly TrustedIssuer[],
  config: Partial<AuthManagerConfig> = {},
): AuthManager {
  return new AuthManager({ trust: [trust].flat(), now: () => NOW, ...config });
}

/** What an entry needs beside others. */
export const ASIDE = {
  subject: ({ sub }: Readonly<Record<string, unknown>>): string => `theirs|${String(sub)}`,
  claims: [] as string[],
} satisfies Partial<TrustedIssuer>;

/** A server on loopback that answers JSON by path, and notes the paths that were asked for. */
export interface JsonServer {
  readonly url: string;
  readonly requests: string[];
  /** By path. Anything else is 404. */
  readonly answers: Map<string, unknown>;
  /** Where paths are redirected to. */
  readonly redirects: Map<string, string>;
  /** Default 200. */
  status: number;
  stop(): Promise<void>;
}

/** Starts one that stops when the test ends. */
export async function serveJson(answers: Readonly<Record<string, unknown>> = {}): Promise<JsonServer> {
  const http = createServer((req, res) => {
    const path = req.url ?? "/";
    server.requests.push(path);
    const answer = server.answers.get(path);
    const location = server.redirects.get(path);
    const status = location ? 302 : answer === undefined ? 404 : server.status;
    res.writeHead(status, { "content-type": "application/json", ...(location ? { location } : {}) });
    res.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? {}));
  });
  const { url, close } = await listen(http);
  const server: JsonServer = {
    url,
    requests: [],
    answers: new Map(Object.entries(answers)),
    redirects: new Map(),
    status: 200,
    stop: close,
  };
  onTestFinished(close);
  return server;
}
