/** What the manager tells its `onEvent` handler: facts, never a token, and whatever the handler does changes nothing. */
import type { Reason, RefusalStatus } from "./reasons.ts";
import type { SessionStore } from "./stores/session-store.ts";
import type { TokenType } from "./tokens/token-type.ts";

/** The members of every event. */
export interface BaseEvent {
  /** When, in seconds since 1970, by the manager's clock. */
  readonly at: number;
}

/** Something that happened. `type` tells the kinds apart. */
export type AuthEvent =
  | IssuedEvent
  | RefreshedEvent
  | ReusedEvent
  | RevokedEvent
  | DeniedEvent
  | StoreFailedEvent
  | KeysFailedEvent;

/**
 * A session began (`tokens: "pair"`), or a single token was issued by `authToken` or
 * `refreshToken`, without a session.
 */
export interface IssuedEvent extends BaseEvent {
  readonly type: "issued";
  readonly subject: string;
  readonly sid: string | null;
  readonly tokens: "pair" | TokenType;
}

/**
 * A session's tokens were renewed. `repeated`: with a successor that another call had made, which
 * presented the same refresh token at the same time, or whose answer was lost.
 */
export interface RefreshedEvent extends BaseEvent {
  readonly type: "refreshed";
  readonly subject: string;
  readonly sid: string;
  readonly repeated: boolean;
}

/**
 * A superseded refresh token was presented, and its session ended: two held it, and one of them is
 * a thief.
 */
export interface ReusedEvent extends BaseEvent {
  readonly type: "reused";
  readonly subject: string;
  readonly sid: string;
}

/** Sessions were ended: by `revoke` or `logout`, or because `authorize` gave `null`. */
export interface RevokedEvent extends BaseEvent {
  readonly type: "revoked";
  /** `null` where only a session's id was given. */
  readonly subject: string | null;
  readonly sids: readonly string[];
}

/** A caller was refused. Once a request for each reason. */
export interface DeniedEvent extends BaseEvent {
  readonly type: "denied";
  readonly reason: Reason;
  readonly status: RefusalStatus;
  /** Whose token it was; `null` where none was verified. */
  readonly subject: string | null;
  readonly sid: string | null;
}

/** The session store or `authorize` failed, or did not answer in time. */
export interface StoreFailedEvent extends BaseEvent {
  readonly type: "store-failed";
  readonly operation: keyof SessionStore | "authorize";
  /** What it failed with, as the store or `authorize` threw it. */
  readonly error: unknown;
}

/**
 * Keys could not be loaded or fetched; those of before may still serve for a while
 * (`staleIfError`), and then it is `KEYS_UNAVAILABLE`.
 */
export interface KeysFailedEvent extends BaseEvent {
  readonly type: "keys-failed";
  /** Whose keys: the manager's own issuer, or a trusted one. */
  readonly issuer: string;
  readonly error: Error;
}

/**
 * Called for each event. What it returns, throws or rejects with changes nothing, and nobody waits
 * for it.
 */
export type EventHandler = (event: AuthEvent) => unknown;

type WithoutTime<E> = E extends BaseEvent ? Omit<E, "at"> : never;

/** Tells the handler, if there is one. */
export type Emit = (event: WithoutTime<AuthEvent>) => void;

/** Never throws, and never leaves a rejection behind. */
export function createEmit(handler: EventHandler | undefined, now: () => number): Emit {
  if (!handler) return () => undefined;
  return (event) => {
    try {
      const answer = handler(Object.freeze({ ...event, at: now() }));
      // Whatever can be waited for may reject.
      if (typeof (answer as { then?: unknown } | null | undefined)?.then === "function")
        Promise.resolve(answer).catch(() => undefined);
    } catch {
      // A handler's fault is the handler's alone.
    }
  };
}
