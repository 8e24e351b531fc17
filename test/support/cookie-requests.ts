/** Requests with the cookies of a test, and the cookies that their responses set. */
import {
  type AuthManager,
  type AuthManagerConfig,
  type CookieConfig,
  type CookieToSet,
  memorySessionStore,
  type SessionStore,
} from "claimgate";
import { createTestClock, type TestClock } from "claimgate/testing";
import { createAuth, NOW } from "./create-auth.ts";

/** Headers of a page of this site. */
export const OWN = { "sec-fetch-site": "same-origin", host: "app.shop.test:8443" };
/** Cookie names without other settings. */
export const bare = { auth: "auth", refresh: "refresh" };
/** A refusal. */
export const AMBIGUOUS = { status: 400, reason: "CREDENTIALS_AMBIGUOUS" };

/** A manager with sessions on a fake clock, and its requests. */
export interface Opened {
  readonly auth: AuthManager;
  readonly clock: TestClock;
  readonly store: SessionStore;
  /** The refresh tokens that `rotate` presented to the store. */
  readonly presented: string[];
  /** A request with these cookies; `set` collects the cookies that it writes, by place. */
  request(
    cookie: string,
    headers?: Record<string, string>,
  ): {
    readonly request: ReturnType<AuthManager["forRequest"]>;
    readonly set: CookieToSet[];
    /** All cookies except those that clear a partition. */
    ofToday(): CookieToSet[];
    lines(): string[];
  };
}

/** Creates a manager with these cookies. */
export function open(cookies: CookieConfig = bare, config: Partial<AuthManagerConfig> = {}): Opened {
  const clock = createTestClock(NOW);
  const memory = memorySessionStore();
  const presented: string[] = [];
  const rotate: SessionStore["rotate"] = (id, rid, ...rest) => {
    presented.push(rid);
    return memory.rotate(id, rid, ...rest);
  };
  const store = { ...memory, rotate };
  const { auth } = createAuth({ sessions: store, cookies, now: clock.now, ...config });
  return {
    auth,
    clock,
    store,
    presented,
    request(cookie, headers = OWN) {
      const set: CookieToSet[] = [];
      const setCookie = (_: string, one: CookieToSet): void => void set.push(one);
      const ofToday = () => set.filter(({ attributes: { partitioned } }) => !partitioned);
      const request = auth.forRequest({ headers: { ...headers, cookie }, method: "POST", setCookie });
      return { request, set, ofToday, lines: () => set.map(({ header }) => header.replace(/^([^=]+)=[^;]+/, "$1=…")) };
    },
  };
}

/** A cookie header with one name and several values. */
export const both = (name: string, ...values: string[]): string => values.map((value) => `${name}=${value}`).join("; ");
/** The lines that clear a cookie. */
export const cleared = (lines: readonly string[]): string[] => lines.filter((line) => line.includes("Max-Age=0"));

/** A response of Node, and the cookies that it would set. */
export function nodeResponse() {
  const headers = new Map<string, string | string[]>();
  return {
    getHeader: (name: string): string | string[] | undefined => headers.get(name),
    setHeader: (name: string, value: string | string[]): unknown => headers.set(name, value),
    cookies: (): string[] => [headers.get("Set-Cookie") ?? []].flat(),
  };
}
