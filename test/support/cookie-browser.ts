/** A minimal browser: it keeps the cookies of real HTTP responses, and sends them back. */
import { type Sent, send } from "./send.ts";

/** The differences between a request and one of this site's own page. */
export interface BrowserRequest {
  /** Default `"POST"`. */
  readonly method?: "GET" | "POST";
  /** Sent as JSON. A POST without a body also has the JSON media type. */
  readonly body?: unknown;
  /** Headers that identify the page, instead of this site's own `Origin` and `Sec-Fetch-Site`. */
  readonly marks?: Readonly<Record<string, string>>;
  /** Headers in addition to the marks. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The response. */
export interface Exchange extends Sent {
  readonly cacheControl: string | undefined;
  /**
   * The last `Set-Cookie` line of each name, in order. Earlier lines clear the name in other
   * places.
   */
  readonly setCookies: readonly string[];
  /** The text, parsed as JSON. */
  readonly json: unknown;
}

/** One browser with its cookies by name. It ignores domain and path. */
export interface CookieBrowser {
  readonly cookies: Map<string, string>;
  send(url: string, asked?: BrowserRequest): Promise<Exchange>;
}

/** A browser without cookies, or with a copy of the cookies of another. */
export function openBrowser(cookies: ReadonlyMap<string, string> = new Map()): CookieBrowser {
  const jar = new Map(cookies);
  return {
    cookies: jar,
    async send(url, { method = "POST", body, marks = ownMarks(url), headers = {} } = {}) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const sentHeaders = {
        accept: "application/json",
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
        ...(cookie === "" ? {} : { cookie }),
        ...marks,
        ...headers,
      };
      const text = body === undefined ? undefined : JSON.stringify(body);
      const exchange = exchangeOf(await send(url, { method, headers: sentHeaders, body: text }));
      for (const line of exchange.setCookies) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (/; Max-Age=0(;|$)/.test(line)) jar.delete(name);
        else jar.set(name, value);
      }
      return exchange;
    },
  };
}

/** The headers of a browser for a page of the server's own origin. */
export function ownMarks(url: string): Record<string, string> {
  return { origin: new URL(url).origin, "sec-fetch-site": "same-origin" };
}

/** The headers of a browser for pages of other origins, which must get no cookies. */
export function foreignMarks(url: string): readonly [page: string, marks: Record<string, string>][] {
  const { protocol, hostname, port } = new URL(url);
  const sibling = `${protocol}//${hostname}:${port === "65535" ? 1024 : 65_535}`;
  return [
    ["another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["another site without Sec-Fetch-Site", { origin: "https://evil.example" }],
    ["another port", { origin: sibling, "sec-fetch-site": "same-site" }],
    ["another port without Sec-Fetch-Site", { origin: sibling }],
    ["a sandboxed frame", { origin: "null", "sec-fetch-site": "cross-site" }],
    ["a sibling origin without an Origin header", { "sec-fetch-site": "same-site" }],
    ["an unknown origin", {}],
  ];
}

function lastOfEachName(lines: readonly string[]): string[] {
  const nameOf = (line: string): string => line.slice(0, line.indexOf("="));
  return lines.filter((line, i) => !lines.slice(i + 1).some((later) => nameOf(later) === nameOf(line)));
}

function exchangeOf(sent: Sent): Exchange {
  return {
    ...sent,
    cacheControl: sent.headers["cache-control"],
    setCookies: lastOfEachName(sent.headers["set-cookie"] ?? []),
    // A stream is not one JSON text: read `text` instead.
    get json() {
      return JSON.parse(sent.text) as unknown;
    },
  };
}
