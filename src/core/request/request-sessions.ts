/** Sessions within a request: `ctx.auth.login`, `refresh` and `logout`, whose tokens go out as cookies or in the answer. */

import { isFinal } from "../auth/token-text.ts";
import { isAuthError, MissingConfigError, refusal, toRefusal } from "../errors.ts";
import { isTokenError } from "../jwt/errors.ts";
import { checkLoginOptions, type LoginOptions } from "../sessions/sessions.ts";
import type { CheckTokens, SessionTokens, TokenPair } from "../sessions/token-pair.ts";
import { checkOptionNames } from "../util/check-options.ts";
import { withErrorContext } from "../util/error-context.ts";
import { cookiesOf } from "./request-cookies.ts";
import type { RequestGate } from "./request-gate.ts";

/** How tokens reach the caller. */
export type Deliver = "cookies" | "body";

/** What both ways say: seconds until each token expires. */
export type Expiries = Pick<TokenPair, "expiresIn" | "refreshExpiresIn">;

/** What is given back: the tokens with `"body"`, and with `"cookies"` their expiries only. */
export type Delivered<D extends Deliver | undefined> = [D] extends ["body"]
  ? TokenPair
  : [D] extends ["cookies"]
    ? Expiries
    : Expiries & Partial<TokenPair>;

/** Options of `ctx.auth.login`. */
export interface RequestLoginOptions<C, D extends Deliver | undefined> extends LoginOptions<C> {
  /** Default: `"cookies"` where the manager has `cookies`, else `"body"`. */
  readonly deliver?: D | undefined;
}

/** Options of `ctx.auth.refresh`. */
export interface RequestRefreshOptions<D extends Deliver | undefined> {
  /** Default: `"cookies"` where the manager has `cookies`, else `"body"`. */
  readonly deliver?: D | undefined;
  /** A refresh token that came in the input. Default: the request's own, of header or cookie. */
  readonly token?: string | undefined;
}

/** Options of `ctx.auth.logout`. */
export interface RequestLogoutOptions {
  /** `"body"` leaves cookies alone. Default: `"cookies"` where the manager has `cookies`. */
  readonly deliver?: Deliver | undefined;
}

/**
 * Begins a session for the caller. Rejects with a refusal, `CookieError`, or as the manager's
 * `login` does.
 */
export async function loginHere<C, D extends Deliver | undefined>(
  gate: RequestGate,
  subject: string | number,
  { deliver, ...options }: RequestLoginOptions<C, D>,
): Promise<Delivered<D>> {
  const { sessions } = gate.services;
  return telling(gate, async () => {
    checkLoginOptions(options);
    const delivery = openDelivery(gate, deliver, "login");
    return delivery.deliver(await sessions.login(subject, options, delivery.check)) as Delivered<D>;
  });
}

/** Renews the caller's session. Cookies whose token can never be valid again are cleared. */
export async function refreshHere<D extends Deliver | undefined>(
  gate: RequestGate,
  { deliver, ...options }: RequestRefreshOptions<D>,
): Promise<Delivered<D>> {
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

// A browser has several cookies of one name where domain or path were changed, or where a sibling
// host set one. A larger number was planted.
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
  // A heap of texts that are no tokens does not hide the one that is.
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
 * The new tokens of the first refresh token that is good. Several are all reused, and each ends its
 * session. Rejects with the error of the first.
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

// Of each type: more than a browser has of one name.
const MAX_TO_END = 32;

/**
 * Ends the caller's session, and clears the cookies that brought it. Without a token there is
 * nothing to end, and that is no error.
 */
export async function logoutHere(gate: RequestGate, { deliver, ...options }: RequestLogoutOptions): Promise<void> {
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
    // A logout ends the session of each of several that differ.
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
    // The session of another may live on.
    if (read.some((tokens) => tokens.length > MAX_TO_END)) throw refusal("CREDENTIALS_AMBIGUOUS");
  });
}

interface Delivery {
  deliver(tokens: SessionTokens): Expiries & Partial<TokenPair>;
  /** Throws for tokens that cannot reach the caller. */
  readonly check: CheckTokens | undefined;
}

// What keeps the tokens from reaching the caller is found before anything is begun or rotated.
function openDelivery(gate: RequestGate, deliver: Deliver | undefined, by: "login" | "refresh"): Delivery {
  const { config } = gate.services;
  if (!config.sessions) throw new MissingConfigError("sessions");
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
  if (deliver === "cookies" && !hasCookies) throw new MissingConfigError("cookies");
  return deliver;
}

/**
 * Throws where cookies would not reach the caller, or where another site asked for them: nobody is
 * logged in by a link.
 */
function assertCookies(gate: RequestGate): void {
  const error = gate.cookieError();
  if (error) throw error;
  gate.tokens().credentials.assertMayGetCookies(gate.services.config);
}

function telling<T>(gate: RequestGate, work: () => Promise<T>): Promise<T> {
  return withErrorContext(work, (error) => gate.refusals().describe(toRefusal(error)));
}
