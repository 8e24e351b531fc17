/** What a configured manager consists of. */

import { createSessionCheck } from "./auth/session-check.ts";
import { createVerifier, type Verifier } from "./auth/verifier.ts";
import type { ResolvedConfig } from "./config/resolve-config.ts";
import type { Emit } from "./events.ts";
import { createNoSessions, createSessions, type Sessions } from "./sessions/sessions.ts";
import { openStore } from "./stores/store-access.ts";

/** The parts of a manager that requests use. */
export interface Services {
  readonly config: ResolvedConfig;
  readonly verifier: Verifier;
  readonly sessions: Sessions;
  readonly emit: Emit;
}

/** Builds the parts; asks no store yet. */
export function createServices(config: ResolvedConfig): Services {
  const { sessions, emit } = config;
  if (!sessions) return { config, verifier: createVerifier(config), sessions: createNoSessions(), emit };
  const store = openStore(sessions.store, {
    timeout: config.storeTimeout,
    now: config.now,
    onFailure: (operation, error) => emit({ type: "store-failed", operation, error: error.cause }),
  });
  const check = createSessionCheck(config, sessions, store, emit);
  const verifier = createVerifier(config, check);
  return { config, verifier, sessions: createSessions({ config, sessions, store, verifier, check, emit }), emit };
}
