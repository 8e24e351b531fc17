/** A real issuer on loopback, `oidc-provider`, with replaceable keys and clients for its tokens. */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { type Configuration, type KoaContextWithOIDC, Provider } from "oidc-provider";

/** Two APIs that the issuer knows, with JWTs for access tokens, and one with opaque ones. */
export const NOTES = "https://notes.example";
export const BILLS = "https://bills.example";
export const OPAQUE = "https://opaque.example";
/** The client of the authorization-code flow; its ID tokens are for it. */
export const WEB = "web";
/** The client of the client-credentials flow. */
const SERVICE = "service";
/** The user who logs in. */
export const USER = "ada";

const SECRET = "the secret of the service";
// No server listens there: the test reads the code from the redirect.
const CALLBACK = "https://web.example/callback";

/** The answer of the token endpoint. */
export interface TokenResponse {
  readonly access_token: string;
  readonly id_token?: string;
}

/** The issuer, the paths of its requests, and the flows of its clients. */
export interface OidcIssuer {
  readonly issuer: string;
  readonly requests: string[];
  /** Publishes these keys from now on, and signs with the first. */
  publish(...keys: JWK[]): void;
  /** Gets a client-credentials access token for `resource`. */
  serviceToken(resource?: string, scope?: string): Promise<string>;
  /** Gets the tokens of an authorization-code flow with PKCE, for `resource`. */
  logIn(options?: { readonly nonce?: string; readonly resource?: string }): Promise<TokenResponse>;
  stop(): Promise<void>;
}

/** A private RS256 key with this `kid`. */
export async function createSigningKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" };
}

/** Starts an issuer that signs with `key`. */
export async function startIssuer(key: JWK): Promise<OidcIssuer> {
  let answer: (req: IncomingMessage, res: ServerResponse) => Promise<void> | void;
  const requests: string[] = [];
  const server = createServer((req, res) => {
    requests.push(new URL(req.url ?? "/", "http://issuer").pathname);
    void answer(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publish = (...keys: JWK[]): void => {
    answer = openProvider(issuer, keys);
  };
  publish(key);
  return {
    issuer,
    requests,
    publish,
    serviceToken: async (resource = NOTES, scope = "notes:read") => {
      const form = { grant_type: "client_credentials", resource, scope };
      const basic = Buffer.from(`${SERVICE}:${encodeURIComponent(SECRET)}`).toString("base64");
      return (await askToken(issuer, form, { authorization: `Basic ${basic}` })).access_token;
    },
    logIn: (options) => logIn(issuer, options),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function openProvider(issuer: string, keys: JWK[]): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const provider = new Provider(issuer, configure(keys));
  const handle = provider.callback();
  return async (req, res) => {
    if (!req.url?.startsWith("/interaction/")) return handle(req, res);
    // Logs in the user of every request.
    await provider.interactionFinished(req, res, { login: { accountId: USER } });
  };
}

function configure(keys: JWK[]): Configuration {
  return {
    jwks: { keys },
    cookies: { keys: ["the key of the cookies"] },
    clients: [
      {
        client_id: SERVICE,
        client_secret: SECRET,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: WEB,
        grant_types: ["authorization_code"],
        redirect_uris: [CALLBACK],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
      },
    ],
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: grantEverything,
    // The provider warns about lifetimes that are not set explicitly.
    ttl: { AccessToken: 3600, ClientCredentials: 3600, IdToken: 3600, Interaction: 60, Grant: 3600, Session: 3600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => [],
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: "notes:read notes:write",
          audience: resource,
          accessTokenTTL: 3600,
          accessTokenFormat: resource === OPAQUE ? "opaque" : "jwt",
          ...(resource === OPAQUE ? {} : { jwt: { sign: { alg: "RS256" as const } } }),
        }),
      },
    },
  };
}

/** Grants consent without a page for it. */
async function grantEverything({ oidc }: KoaContextWithOIDC) {
  const grant = new oidc.provider.Grant({
    accountId: oidc.session?.accountId as string,
    clientId: oidc.client?.clientId as string,
  });
  grant.addOIDCScope("openid");
  for (const resource of [NOTES, BILLS, OPAQUE]) grant.addResourceScope(resource, "notes:read notes:write");
  await grant.save();
  return grant;
}

async function logIn(
  issuer: string,
  { nonce, resource = NOTES }: { readonly nonce?: string; readonly resource?: string } = {},
): Promise<TokenResponse> {
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    client_id: WEB,
    response_type: "code",
    redirect_uri: CALLBACK,
    scope: "openid notes:read",
    resource,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(nonce === undefined ? {} : { nonce }),
  });
  const code = await followToCallback(`${issuer}/auth?${query}`);
  return askToken(issuer, {
    grant_type: "authorization_code",
    client_id: WEB,
    redirect_uri: CALLBACK,
    code,
    code_verifier: verifier,
    resource,
  });
}

/** Follows redirects as a browser does, with cookies, up to the client's URL. Returns the code. */
async function followToCallback(start: string): Promise<string> {
  const cookies = new Map<string, string>();
  for (let at = start, steps = 0; steps < 10; steps++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(at, { redirect: "manual", headers: { cookie } });
    const text = await response.text();
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`The issuer answered ${response.status}: ${text}`);
    const next = new URL(location, at);
    const code = next.searchParams.get("code");
    if (next.href.startsWith(CALLBACK)) {
      if (code === null) throw new Error(`The issuer gave no code: ${next.search}`);
      return code;
    }
    at = next.href;
  }
  throw new Error("The issuer redirects without end");
}

async function askToken(
  issuer: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TokenResponse> {
  const response = await fetch(`${issuer}/token`, { method: "POST", headers, body: new URLSearchParams(form) });
  if (response.status !== 200) throw new Error(`The issuer answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as TokenResponse;
}
