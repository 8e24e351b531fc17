/** Support for the suites of trusted issuers: issuers, a counting server of key sets, managers. */
import { createServer } from "node:http";
import { AuthManager, type AuthManagerOptions, type TrustedIssuer } from "claimgate";
import type { Algorithm } from "claimgate/jwt";
import { CompactSign, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from "jose";
import { onTestFinished } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { listen } from "../../support/listen.ts";

export const THEIRS = "https://theirs.example";
export const OTHERS = "https://others.example";
/** The audience of the issuers' tokens. */
export const API = "https://api.example";

/** Claims and header members that replace the defaults; a member that is `undefined` is removed. */
export interface TokenParts {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** An issuer, its public key, and its tokens. */
export interface Issuer {
  readonly issuer: string;
  readonly jwk: JWK;
  readonly jwks: JSONWebKeySet;
  /** An RFC 9068 access token of user 42 for `API`, valid for a minute from `NOW`. */
  token(claims?: TokenParts["claims"], header?: TokenParts["header"]): Promise<string>;
}

/** An issuer with a new key. */
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

/** A `trust` entry with an inline key set. */
export function entryOf({ issuer, jwk, jwks }: Issuer, over: Partial<TrustedIssuer> = {}): TrustedIssuer {
  return { issuer, jwks, audience: API, algorithms: [jwk.alg as Algorithm], ...over };
}

/** A manager at `NOW` that has trusted issuers and no key itself. */
export function trusting(
  trust: TrustedIssuer | readonly TrustedIssuer[],
  config: AuthManagerOptions = {},
): AuthManager {
  return new AuthManager({ trust: [trust].flat(), now: () => NOW, ...config });
}

/** The options that an entry needs when the manager has another issuer. */
export const ASIDE = {
  subject: ({ sub }: Readonly<Record<string, unknown>>): string => `theirs|${String(sub)}`,
  claims: [] as string[],
} satisfies Partial<TrustedIssuer>;

/** A server on loopback that answers JSON by path and records the requested paths. */
export interface JsonServer {
  readonly url: string;
  readonly requests: string[];
  /** By path; any other path gets 404. */
  readonly answers: Map<string, unknown>;
  /** Redirects by path. */
  readonly redirects: Map<string, string>;
  /** Status of the answers, 200 by default. */
  status: number;
  stop(): Promise<void>;
}

/** Starts a JSON server that stops when the test ends. */
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
