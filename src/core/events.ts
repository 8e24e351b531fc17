/** The events for `onEvent`. They never contain a token, and the handler cannot change a result. */
import type { Reason, RefusalStatus } from "./reasons.ts";
import type { SessionStore } from "./stores/session-store.ts";
import type { TokenType } from "./tokens/token-type.ts";

/** The members of every event. */
export interface BaseEvent {
  /** The time in seconds since 1970, by the manager's clock. */
  readonly at: number;
}

/** An event of the manager. `type` tells the kinds apart. */
export type AuthEvent =
  | IssuedEvent
  | RefreshedEvent
  | ReusedEvent
  | RevokedEvent
  | DeniedEvent
  | StoreFailedEvent
  | KeysFailedEvent
  | HttpAllowedEvent;

/**
 * A session began (`tokens: "pair"`), or `authToken` or `refreshToken` issued one token without a
 * session.
 */
export interface IssuedEvent extends BaseEvent {
  /** The kind of the event. */
  readonly type: "issued";
  /** The subject of the session or of the token. */
  readonly subject: string;
  /** The id of the session; `null` for a token without a session. */
  readonly sid: string | null;
  /** Both tokens of a session, or the type of a single token. */
  readonly tokens: "pair" | TokenType;
}

/**
 * A session got its next tokens.
 * @see RFC 9700, section 4.14
 */
export interface RefreshedEvent extends BaseEvent {
  /** The kind of the event. */
  readonly type: "refreshed";
  /** The subject of the session or of the token. */
  readonly subject: string;
  /** The id of the session. */
  readonly sid: string;
  /** Whether the caller got the next token of an earlier call with the same refresh token. */
  readonly repeated: boolean;
}

/**
 * A caller presented a previous refresh token, and the session ended. One of two holders of the
 * token may be a thief.
 * @see RFC 9700, section 4.14
 */
export interface ReusedEvent extends BaseEvent {
  /** The kind of the event. */
  readonly type: "reused";
  /** The subject of the session or of the token. */
  readonly subject: string;
  /** The id of the session. */
  readonly sid: string;
}

/** Sessions ended by `revoke` or `logout`, or because `authorize` returned `null`. */
export interface RevokedEvent extends BaseEvent {
  /** The kind of the event. */
  readonly type: "revoked";
  /** The subject; `null` if `revoke` got the id of a session. */
  readonly subject: string | null;
  /** The ids of the sessions. */
  readonly sids: readonly string[];
}

/** The manager rejected a request. At most one event for each request and reason. */
export interface DeniedEvent extends BaseEvent {
  /** The kind of the event. */
  readonly type: "denied";
  /** The reason of the refusal. */
  readonly reason: Reason;
  /** The HTTP status of the refusal. */
  readonly status: RefusalStatus;
  /** The subject of the token; `null` without a verified token. */
  readonly subject: string | null;
  /** The id of the session; `null` without a verified token of a session. */
  readonly sid: string | null;
}

/**
 * The session store or `authorize` failed, or did not answer in time. A `TypeError` that names the
 * store or `authorize` is a mistake of the application.
 */
export interface StoreFailedEvent extends BaseEvent {
  /** The kind of the event. */
  readonly type: "store-failed";
  /** The method of the store, or `authorize`. */
  readonly operation: keyof SessionStore | "authorize";
  /** The error that the store or `authorize` threw, or the `TypeError` for its answer. */
  readonly error: unknown;
}

/**
 * Keys could not be loaded or fetched. The previous keys are used for `staleIfError` seconds. After
 * that, requests are rejected with `KEYS_UNAVAILABLE`.
 */
export interface KeysFailedEvent extends BaseEvent {
  /** The kind of the event. */
  readonly type: "keys-failed";
  /** The issuer of the keys: the manager's own issuer, or a trusted one. */
  readonly issuer: string;
  /** The error of the loader or of the fetch. */
  readonly error: Error;
}

/**
 * The manager was configured with a `trust` entry whose `allowHttp` lets keys be fetched over plain
 * http. One event for each such entry.
 */
export interface HttpAllowedEvent extends BaseEvent {
  /** The kind of the event. */
  readonly type: "http-allowed";
  /** The trusted issuer. */
  readonly issuer: string;
  /** The URL of the key set, or of the issuer with `discovery`, without its query. */
  readonly url: string;
}

/**
 * Receives each event. The manager ignores its result and its errors, and does not wait for it.
 * @example
 * ```ts
 * const onEvent: EventHandler = (event) => {
 *   if (event.type === "reused") console.warn(`Session ${event.sid} may be stolen`);
 * };
 * ```
 */
export type EventHandler = (event: AuthEvent) => unknown;

type WithoutTime<E> = E extends BaseEvent ? Omit<E, "at"> : never;

/** Sends an event to the handler, if there is one. */
export type Emit = (event: WithoutTime<AuthEvent>) => void;

/** Creates the sender of events. It never throws, and leaves no unhandled rejection. */
export function createEmit(handler: EventHandler | undefined, now: () => number): Emit {
  if (!handler) return () => undefined;
  return (event) => {
    try {
      const answer = handler(Object.freeze({ ...event, at: now() }));
      // Any thenable may reject.
      if (typeof (answer as { then?: unknown } | null | undefined)?.then === "function")
        Promise.resolve(answer).catch(() => undefined);
    } catch {
      // An error of the handler must not change the result of a request.
    }
  };
}
