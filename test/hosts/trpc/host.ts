/** A host under test, as the suites see it: an address, a manager with the same key, and a clock. */
import type { AuthManager, AuthManagerConfig } from "claimgate";
import type { Listening } from "../../support/listen.ts";

/** Starts the example of one host. */
export interface Driver {
  readonly name: string;
  /** Where a browser sees the app; default: at the address it listens on. */
  readonly originOf?: (url: string) => string;
  /** Why an answer arrives only when it is whole; absent where it arrives as it is made. */
  readonly buffers?: string;
  start(config: AuthManagerConfig): Promise<Listening>;
}

/** A host that runs, until the test ends. */
export interface Site {
  readonly url: string;
  readonly origin: string;
  /** Issues tokens that the host accepts. */
  readonly auth: AuthManager;
  /** The same manager, an hour ago. */
  readonly past: AuthManager;
  /** Seconds a token lives that is to expire while the test watches. */
  readonly short: number;
  /** Lets seconds go by. */
  pass(seconds: number): Promise<void>;
}

/** What the suites are run for. */
export interface Host {
  readonly name: string;
  readonly buffers: string | undefined;
  open(config?: Partial<AuthManagerConfig>): Promise<Site>;
}
