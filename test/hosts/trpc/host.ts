/** A host under test, as the suites see it: an address, a manager with the same key, a clock. */
import type { AuthManager, AuthManagerConfig, AuthManagerOptions } from "claimgate";
import type { Listening } from "../../support/listen.ts";

/** Starts the example of one host. */
export interface Driver {
  readonly name: string;
  /** The origin at which a browser sees the app. Default: the address of the server. */
  readonly originOf?: (url: string) => string;
  /** The reason why the host buffers responses; absent for a host that streams them. */
  readonly buffers?: string;
  start(config: AuthManagerConfig): Promise<Listening>;
}

/** A running host, until the test ends. */
export interface Site {
  readonly url: string;
  readonly origin: string;
  /** Issues tokens that the host accepts. */
  readonly auth: AuthManager;
  /** The same manager with a clock that is an hour behind. */
  readonly past: AuthManager;
  /** The lifetime, in seconds, of a token that expires during a test. */
  readonly short: number;
  /** Advances the clock by `seconds`. */
  pass(seconds: number): Promise<void>;
}

/** The subject of the suites. */
export interface Host {
  readonly name: string;
  readonly buffers: string | undefined;
  open(config?: AuthManagerOptions): Promise<Site>;
}
