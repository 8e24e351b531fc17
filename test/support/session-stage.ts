/** A manager with sessions by cookie, and a browser, for both transports. */
import type { AuthManagerConfig, SessionRecord } from "claimgate";
import type { TestAuth } from "claimgate/testing";
import { type BreakableStore, createBreakableStore } from "./breakable-store.ts";
import { type CookieBrowser, openBrowser } from "./cookie-browser.ts";
import { createAuth } from "./create-auth.ts";

/** The option `cookies` of the suites. */
export const cookies = { auth: "auth", refresh: "refresh" };

/** The default attributes of cookies. */
export const ATTRIBUTES = "Path=/; HttpOnly; Secure; SameSite=Lax";

/** The lines that clear both cookies. */
export const CLEARED: readonly string[] = [
  `__Host-auth=; Max-Age=0; ${ATTRIBUTES}`,
  `__Host-refresh=; Max-Age=0; ${ATTRIBUTES}`,
];

export interface SessionStage extends TestAuth {
  readonly store: BreakableStore;
  readonly browser: CookieBrowser;
  /** The store's records of alice. */
  records(): Promise<readonly SessionRecord[]>;
}

/** A stage without a server. */
export function openSessionStage(config: Partial<AuthManagerConfig> = {}): SessionStage {
  const store = createBreakableStore();
  const { auth, clock } = createAuth({ sessions: store, cookies, ...config });
  return { auth, clock, store, browser: openBrowser(), records: () => store.look("alice") };
}

/** The tokens in a browser's cookies. */
export function pairIn({ cookies }: CookieBrowser): { readonly auth: string; readonly refresh: string } {
  const [auth, refresh] = [cookies.get("__Host-auth"), cookies.get("__Host-refresh")];
  if (auth === undefined || refresh === undefined) throw new Error("The browser holds no tokens");
  return { auth, refresh };
}
