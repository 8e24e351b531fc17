/** Builds the services of a manager: config, verifier, sessions and events. */

import { createSessionCheck } from "./auth/session-check.ts";
import { createVerifier, type Verifier } from "./auth/verifier.ts";
import type { ResolvedConfig } from "./config/resolve-config.ts";
import { InvalidConfigError, MissingSignerError } from "./errors.ts";
import type { Emit } from "./events.ts";
import { createNoSessions, createSessions, type Sessions } from "./sessions/sessions.ts";
import { openStore } from "./stores/store-access.ts";

/** The parts of a configured manager. */
export interface Services {
  readonly config: ResolvedConfig;
  readonly verifier: Verifier;
  readonly sessions: Sessions;
  readonly emit: Emit;
}

/** The services of a manager, which `init` may configure later. */
export class LazyServices {
  #services: Services | undefined;

  /**
   * Builds the services of the config that `read` returns. Throws `InvalidConfigError` the second
   * time.
   */
  configure(read: () => ResolvedConfig): void {
    if (this.#services)
      throw new InvalidConfigError("init", "must be called once, and only without a config in the constructor");
    const services = createServices(read());
    this.#services = services;
    announceHttp(services);
  }

  /** The services. Throws `MissingSignerError` before `init`. */
  open(): Services {
    if (!this.#services) throw new MissingSignerError("The manager is not configured: call init first");
    return this.#services;
  }
}

// Last, so that a manager with an error in its config announces nothing.
function announceHttp({ config, emit }: Services): void {
  for (const [issuer, { httpUrl }] of config.trust)
    if (issuer !== null && httpUrl !== undefined) emit({ type: "http-allowed", issuer, url: httpUrl });
}

/** Builds the services. Calls no store yet. */
function createServices(config: ResolvedConfig): Services {
  const { sessions, emit } = config;
  if (!sessions) return { config, verifier: createVerifier(config), sessions: createNoSessions(), emit };
  const store = openStore(sessions.store, {
    timeout: config.storeTimeout,
    now: config.now,
    onFailure: (operation, error) => emit({ type: "store-failed", operation, error }),
  });
  const check = createSessionCheck(config, sessions, store, emit);
  const verifier = createVerifier(config, check);
  return { config, verifier, sessions: createSessions({ config, sessions, store, verifier, check, emit }), emit };
}
