/** Fetches key sets and metadata: safe URLs, few redirects within one origin, bounded size. */
import { isMembers } from "../caller-input.ts";
import { JWKSClientConnectionError } from "../errors.ts";
import { isLoopbackHost, isPrivateHost } from "./private-hosts.ts";

/**
 * A custom `fetch`, for a proxy, an agent or a test. It must honour `signal`, and must not follow
 * redirects. claimgate rejects a response whose `redirected` is true.
 */
export type KeyFetch = (
  url: string,
  init: {
    readonly method: "GET";
    readonly headers: Headers;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<Response>;

const PRIVATE_HOSTS =
  "a loopback or private address, a name without dots, or a name that ends in .internal, .local or .svc";
const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Throws `TypeError` unless `url` is https, or http on a loopback address, and has no credentials.
 * With `allowHttp`, it may also be http on a private host.
 */
export function checkKeyUrl(url: string | URL, { allowHttp = false }: { readonly allowHttp?: boolean } = {}): URL {
  const text = String(url);
  if (!URL.canParse(text)) throw new TypeError("must be an absolute URL");
  const parsed = new URL(text);
  const { protocol, hostname } = parsed;
  const isNear = isLoopbackHost(hostname) || (allowHttp && isPrivateHost(hostname));
  if (protocol !== "https:" && !(protocol === "http:" && isNear))
    throw new TypeError(`must be an https URL, or http on ${allowHttp ? PRIVATE_HOSTS : "a loopback address"}`);
  if (parsed.username !== "" || parsed.password !== "") throw new TypeError("must not contain a user name or password");
  return parsed;
}

/**
 * A copy of the headers, so that the caller cannot change them later. Throws a `TypeError` that
 * never shows the value of a header.
 */
export function readHeaders(headers: unknown): Record<string, string> {
  if (isMembers(headers) && Object.values(headers).every((value) => typeof value === "string")) {
    try {
      return Object.fromEntries(new Headers(headers as Record<string, string>));
    } catch {
      // This error is dropped: its message quotes the value, which may be a secret.
    }
  }
  throw new TypeError("must be an object of strings that are valid header values");
}

/**
 * A `fetch` with limits. It rejects every status but 200, a fourth redirect, a redirect to another
 * origin, and a body of more than `maxBytes`.
 */
export function limitFetch(fetchKeys: KeyFetch | undefined, maxBytes: number): KeyFetch {
  // An async function, so that a synchronous throw becomes a rejection.
  const send: KeyFetch = async (url, init) => (fetchKeys ?? fetch)(url, init);
  return async (url, init) => {
    let at = url;
    for (let redirects = 0; ; redirects++) {
      const response = await send(at, init).catch((cause: unknown) => unreachable(at, cause));
      if (response.redirected)
        throw new JWKSClientConnectionError('The option fetch followed a redirect: it must honour redirect: "manual"');
      const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
      if (location === null) {
        if (response.status === 200) return new Response(await readBody(response, maxBytes), { status: 200 });
        await response.body?.cancel();
        throw new JWKSClientConnectionError(
          `${hostOf(at)} answered with status ${response.status}, not 200: check the URL`,
        );
      }
      await response.body?.cancel();
      at = follow(at, location, redirects);
    }
  };
}

// The message shows only the code of the error, because the error's text may quote the request.
function unreachable(url: string, cause: unknown): never {
  const { code = (cause as { cause?: { code?: unknown } } | null)?.cause?.code } = (cause ?? {}) as { code?: unknown };
  const detail = typeof code === "string" ? ` (${code})` : "";
  throw new JWKSClientConnectionError(`${hostOf(url)} cannot be reached${detail}`, { cause });
}

function follow(from: string, location: string, redirects: number): string {
  if (redirects === MAX_REDIRECTS)
    throw new JWKSClientConnectionError(`${hostOf(from)} redirects more than ${MAX_REDIRECTS} times: set the last URL`);
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  // A redirect to another origin would let its target choose the keys.
  if (to?.origin !== new URL(from).origin || to.username !== "" || to.password !== "") {
    throw new JWKSClientConnectionError(`${hostOf(from)} redirects to another origin: set the URL of the target`);
  }
  return to.href;
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.length;
    if (length > maxBytes) {
      await reader?.cancel();
      throw new JWKSClientConnectionError(`The response has more than ${maxBytes} bytes`);
    }
    chunks.push(part.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

function hostOf(url: string): string {
  return new URL(url).host;
}
