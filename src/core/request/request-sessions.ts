/** The sessions of a request: `ctx.auth.login`, `refresh` and `logout`, by cookie or body. */

import { isFinal } from "../auth/token-text.ts";
import { STORE_REMEDY } from "../config/session-options.ts";
import { isAuthError, MissingConfigError, refusal, toRefusal } from "../errors.ts";
import { isTokenError } from "../jwt/errors.ts";
import { checkLoginOptions, type LoginOptions } from "../sessions/sessions.ts";
import type { CheckTokens, SessionTokens, TokenPair } from "../sessions/token-pair.ts";
import { checkOptionNames, checkOptionsObject } from "../util/check-options.ts";
import { withErrorContext } from "../util/error-context.ts";
import { cookiesOf } from "./request-cookies.ts";
import type { RequestGate } from "./request-gate.ts";

/** The way to return tokens: as cookies, or in the body of the response. */
export type Deliver = "cookies" | "body";

/** The seconds until each token expires. `login` and `refresh` always return them. */
export type Expiries = Pick<TokenPair, "expiresIn" | "refreshExpiresIn">;

/** The result of `login` and `refresh`: with `"body"` the tokens, with `"cookies"` the expiries. */
export type Delivered<D extends Deliver | undefined> = [D] extends ["body"]
  ? TokenPair
  : [D] extends ["cookies"]
    ? Expiries
    : Expiries & Partial<TokenPair>;

/** Options of `ctx.auth.login`. */
export interface RequestLoginOptions<C, D extends Deliver | undefined> extends LoginOptions<C> {
  /**
   * The way to return the tokens. `"cookies"` needs the `cookies` of the manager.
   *
   * @default "cookies" if the manager has `cookies`, otherwise "body"
   */
  readonly deliver?: D | undefined;
}

/** Options of `ctx.auth.refresh`. */
export interface RequestRefreshOptions<D extends Deliver | undefined> {
  /**
   * The way to return the tokens. `"cookies"` needs the `cookies` of the manager.
   *
   * @default "cookies" if the manager has `cookies`, otherwise "body"
   */
  readonly deliver?: D | undefined;
  /**
   * A refresh token from the input of the call.
   *
   * @default the token in the header of the request, or else the refresh cookie
   */
  readonly token?: string | undefined;
}

/** Options of `ctx.auth.logout`. */
export interface RequestLogoutOptions {
  /**
   * `"cookies"` also clears the cookies; `"body"` leaves them unchanged. It has no effect with a
   * token in the header.
   *
   * @default "cookies" if the manager has `cookies`, otherwise "body"
   */
  readonly deliver?: Deliver | undefined;
}

/** Begins a session. Rejects with a refusal, with `CookieError`, or as `Sessions.login` does. */
export async function loginHere<C, D extends Deliver | undefined>(
  gate: RequestGate,
  subject: string | number,
  given: RequestLoginOptions<C, D>,
): Promise<Delivered<D>> {
  checkOptionsObject("login", given);
  const { deliver, ...options } = given;
  const { sessions } = gate.services;
  return telling(gate, async () => {
    checkLoginOptions(options);
    const delivery = openDelivery(gate, deliver, "login");
    return delivery.deliver(await sessions.login(subject, options, delivery.check)) as Delivered<D>;
  });
}

/** Renews the session. Clears cookies whose token can never be valid again. */
export async function refreshHere<D extends Deliver | undefined>(
  gate: RequestGate,
  given: RequestRefreshOptions<D>,
): Promise<Delivered<D>> {
  checkOptionsObject("refresh", given);
  const { deliver, ...options } = given;
  return telling(gate, async () => {
    checkOptionNames("refresh", options, ["token"]);
    const delivery = openDelivery(gate, deliver, "refresh");
    const token = options.token ?? gate.tokens().credentials.headerToken(gate.services.config);
    const tokens =
      token === undefined
        ? await refreshByCookie(gate, delivery.check)
        : await gate.tokens().rotations().rotate(token, delivery.check);
    return delivery.deliver(tokens) as Delivered<D>;
  });
}

// A browser sends several cookies of one name after a change of their domain or path, or if a
// sibling host set one. A larger number comes from an attacker.
const MAX_TO_CHOOSE_FROM = 8;

async function refreshByCookie(gate: RequestGate, check: CheckTokens | undefined): Promise<SessionTokens> {
  const { config, sessions } = gate.services;
  const cookies = gate.tokens().cookies;
  const all = cookies.read(config, "refresh");
  const [first] = all;
  if (first === undefined) {
    cookies.clearExpiredAuth(config);
    throw refusal("TOKEN_MISSING");
  }
  // An attacker may plant texts that are not tokens. They must not hide the real token.
  const some = all.length > MAX_TO_CHOOSE_FROM ? cookies.readable(config, "refresh") : all;
  if (some.length === 0 || some.length > MAX_TO_CHOOSE_FROM) throw refusal("CREDENTIALS_AMBIGUOUS");
  const choice = some.length > 1 ? await cookies.choose(some, sessions) : { tokens: some };
  if ("error" in choice) {
    if (choice.areFinal) cookies.clearEnded(config, some);
    throw choice.error;
  }
  const presented = choice.tokens;
  try {
    return await presentEach(gate, presented, check);
  } catch (error) {
    const refused = toRefusal(error);
    const isOver = (token: string): boolean => isAuthError(refused) && isFinal(refused.reason, token, config);
    if (presented.every(isOver)) cookies.clearEnded(config, presented);
    throw refused;
  }
}

/**
 * Returns new tokens for the first valid refresh token. Every reused token before it ends its own
 * session. If no token is valid, rejects with the error of the first.
 */
async function presentEach(
  gate: RequestGate,
  tokens: readonly string[],
  check: CheckTokens | undefined,
): Promise<SessionTokens> {
  let first: unknown;
  for (const token of tokens) {
    try {
      gate.tokens().cookies.check(token, gate.services.verifier);
      return await gate.tokens().rotations().rotate(token, check);
    } catch (error) {
      if (!isTokenError(error) && !isAuthError(error)) throw error;
      first ??= error;
    }
  }
  throw first;
}

// The limit for each type of token. A browser has fewer cookies of one name.
const MAX_TO_END = 32;

/**
 * Ends the session and clears the cookies that carried its token. A missing token is not an error.
 */
export async function logoutHere(gate: RequestGate, given: RequestLogoutOptions): Promise<void> {
  checkOptionsObject("logout", given);
  const { deliver, ...options } = given;
  await telling(gate, async () => {
    checkOptionNames("logout", options, []);
    const { config, sessions } = gate.services;
    const fromHeader = gate.tokens().credentials.headerToken(config);
    if (fromHeader !== undefined) {
      await sessions.revoke({ token: fromHeader });
      gate.tokens().rotations().forget();
      return gate.tokens().cookies.leave(config);
    }
    const cookies = gate.tokens().cookies;
    // The cookies may hold tokens of several sessions: a logout ends each session.
    const read = (["refresh", "auth"] as const).map((type) => cookies.readable(config, type));
    const clears = howToDeliver(gate, deliver) === "cookies";
    if (clears) assertCookies(gate);
    await cookies.end(
      read.flatMap((tokens) => tokens.slice(0, MAX_TO_END)),
      sessions,
    );
    gate.tokens().rotations().forget();
    if (clears) cookies.clear(config);
    else cookies.leave(config);
    // The tokens beyond the limit may belong to sessions that have not ended.
    if (read.some((tokens) => tokens.length > MAX_TO_END)) throw refusal("CREDENTIALS_AMBIGUOUS");
  });
}

interface Delivery {
  deliver(tokens: SessionTokens): Expiries & Partial<TokenPair>;
  /** Throws if the tokens cannot reach the caller. */
  readonly check: CheckTokens | undefined;
}

// Checks that tokens can reach the caller before a session begins or a token rotates.
function openDelivery(gate: RequestGate, deliver: Deliver | undefined, by: "login" | "refresh"): Delivery {
  const { config } = gate.services;
  if (!config.sessions) throw new MissingConfigError("sessions", undefined, STORE_REMEDY);
  const way = howToDeliver(gate, deliver);
  if (way === "cookies") assertCookies(gate);
  if (way === "cookies" && by === "refresh") gate.tokens().cookies.assertCurrent();
  return {
    deliver(tokens) {
      gate.response?.forbidStoring();
      if (way === "body") return tokens.pair;
      const error = gate.cookieError();
      if (error) throw error;
      gate.tokens().cookies.set(config, tokens, by);
      const { expiresIn, refreshExpiresIn } = tokens.pair;
      return { expiresIn, refreshExpiresIn };
    },
    check: way === "body" ? undefined : (tokens) => void cookiesOf(config, tokens),
  };
}

function howToDeliver(gate: RequestGate, deliver: Deliver | undefined): Deliver {
  const { names } = gate.services.config.cookies;
  const hasCookies = names.auth !== undefined && names.refresh !== undefined;
  if (deliver === undefined) return hasCookies ? "cookies" : "body";
  if (deliver !== "cookies" && deliver !== "body") throw new TypeError('deliver must be "cookies" or "body"');
  if (deliver === "cookies" && !hasCookies)
    throw new MissingConfigError("cookies", undefined, 'name both cookies, or pass deliver: "body"');
  return deliver;
}

/** Throws if no cookie can reach the caller, or if another site sent the request (login CSRF). */
function assertCookies(gate: RequestGate): void {
  const error = gate.cookieError();
  if (error) throw error;
  gate.tokens().credentials.assertMayGetCookies(gate.services.config);
}

function telling<T>(gate: RequestGate, work: () => Promise<T>): Promise<T> {
  return withErrorContext(work, (error) => gate.refusals().describe(toRefusal(error)));
}
