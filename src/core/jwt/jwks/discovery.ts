/** Finds the URL of an issuer's key set in the issuer's metadata. */
import { withErrorContext } from "../../util/error-context.ts";
import { JWKSClientConnectionError, JWKSClientError } from "../errors.ts";
import { checkKeyUrl, limitFetch } from "./key-fetch.ts";
import type { RemoteKeysOptions } from "./remote-keys.ts";

/** Options of `discoverKeySet`. */
export interface DiscoveryOptions extends Pick<RemoteKeysOptions, "headers" | "maxBytes" | "fetch"> {
  /** Accept http on a private host for the keys of an issuer without TLS. */
  readonly allowHttp: boolean;
}

/**
 * The `jwks_uri` that `issuer` publishes. Rejects with `JWKSClientError` if the metadata cannot be
 * fetched, names another issuer, or has no usable `jwks_uri`.
 * @see OpenID Connect Discovery 1.0, section 4
 */
export async function discoverKeySet(issuer: string, options: DiscoveryOptions, signal: AbortSignal): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const headers = new Headers({ accept: "application/json", ...options.headers });
  const request = { method: "GET", redirect: "manual", headers, signal } as const;
  const response = await limitFetch(options.fetch, options.maxBytes)(url, request);
  const metadata = await readJson(response);
  // One issuer must not name the keys of another (RFC 8414, section 3.3).
  if (metadata["issuer"] !== issuer)
    throw new JWKSClientError(
      'The metadata\'s "issuer" is not the configured issuer: compare them, trailing slash included, or set jwksUri in place of discovery',
    );
  return checkKeySetUrl(metadata["jwks_uri"], issuer, options.allowHttp);
}

async function readJson(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = await withErrorContext(
    () => response.json() as Promise<unknown>,
    (cause) =>
      new JWKSClientConnectionError("The issuer's metadata is not JSON: set jwksUri in place of discovery", { cause }),
  );
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function checkKeySetUrl(url: unknown, issuer: string, allowHttp: boolean): string {
  return withErrorContext(
    () => {
      // Parsed, because the text may begin with "HTTPS:" or a space.
      const hasTls = new URL(issuer).protocol === "https:";
      const checked = checkKeyUrl(String(url), { allowHttp: allowHttp && !hasTls });
      if (hasTls && checked.protocol !== "https:") throw new TypeError("must be https");
      return checked.href;
    },
    (cause) =>
      new JWKSClientError("The issuer's metadata has no usable jwks_uri: set jwksUri in place of discovery", { cause }),
  );
}
