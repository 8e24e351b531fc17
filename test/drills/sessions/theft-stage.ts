/** The stage of a theft: a manager on a fake clock, and the doors for attacker and victim. */
import { AuthManager, type AuthManagerConfig, isAuthError, type SessionStore } from "claimgate";
import type { Who } from "./theft-model.ts";

/** The answer of a door. */
export type DoorAnswer = Tokens | "in" | { readonly refused: string };

/** The tokens of a refresh. */
export interface Tokens {
  readonly authToken: string;
  readonly refreshToken: string;
}

/** The entry points of an application. */
export interface Doors {
  refresh(refreshToken: string): Promise<DoorAnswer>;
  /** A guard that requires a refresh token, such as `refreshProcedure`. */
  guard(refreshToken: string): Promise<DoorAnswer>;
  /** A guard that requires an auth token. */
  enter(authToken: string): Promise<DoorAnswer>;
}

/** A manager, its clock and its doors. */
export interface Stage {
  readonly auth: AuthManager;
  readonly grace: number;
  /**
   * Advances the clock after all pending claims, which on a real clock finish long before a grace
   * is over.
   */
  pass(seconds: number): Promise<void>;
  readonly doors: Readonly<Record<Who, Doors>>;
  /** How often the manager reported the reuse of a token of the session. */
  reusesOf(sid: string): number;
  close(): Promise<void>;
}

/** Opens the doors of a stage. */
export type OpenDoors = (auth: AuthManager) => Promise<{
  readonly doors: Readonly<Record<Who, Doors>>;
  close(): Promise<void>;
}>;

/** A stage on `store`, with `sessionCheck: "always"`. Without `grace`, the default applies. */
export async function openStage(
  store: SessionStore,
  openDoors: OpenDoors,
  { grace, startsAt = 1_750_000_000 }: { readonly grace?: number; readonly startsAt?: number },
): Promise<Stage> {
  const clock = { seconds: startsAt };
  const reuses = new Map<string, number>();
  const claims = watchClaims(store);
  const config: AuthManagerConfig = {
    issuer: "https://drill.example",
    algorithm: "HS256",
    secret: "the secret of the one whose token is stolen",
    sessions: claims.store,
    sessionCheck: "always",
    // Less than the default grace, as by default, so that no refresh waits for its claim.
    storeTimeout: 9,
    now: () => clock.seconds,
    ...(grace === undefined ? {} : { refreshGrace: grace }),
    onEvent(event) {
      if (event.type === "reused") reuses.set(event.sid, (reuses.get(event.sid) ?? 0) + 1);
    },
  };
  const auth = new AuthManager(config);
  const { doors, close } = await openDoors(auth);
  return {
    auth,
    grace: grace ?? 10,
    async pass(seconds) {
      await claims.settle();
      clock.seconds += seconds;
    },
    doors,
    reusesOf: (sid) => reuses.get(sid) ?? 0,
    close,
  };
}

function watchClaims(store: SessionStore): { readonly store: SessionStore; settle(): Promise<unknown> } {
  const underWay = new Set<Promise<boolean>>();
  const claim: SessionStore["claim"] = async (...given) => {
    const work = store.claim(...given);
    underWay.add(work);
    try {
      return await work;
    } finally {
      underWay.delete(work);
    }
  };
  return { store: { ...store, claim }, settle: () => Promise.allSettled(underWay) };
}

/** The manager itself, without a transport, for both. */
export const managerDoors: OpenDoors = async (auth) => {
  const doors: Doors = {
    refresh: (token) => answerOf(() => auth.refresh(token)),
    guard: (token) => answerOf(() => inside(auth.forRequest({ token }).require({ type: "refresh" }))),
    enter: (token) => answerOf(() => inside(auth.forRequest({ token }).require())),
  };
  return { doors: { A: doors, V: doors }, close: async () => undefined };
};

async function inside(work: Promise<unknown>): Promise<"in"> {
  await work;
  return "in";
}

async function answerOf(work: () => Promise<Tokens | "in">): Promise<DoorAnswer> {
  try {
    return await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return { refused: `${error.status} ${error.reason}` };
  }
}
