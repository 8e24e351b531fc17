/** Sessions within a request: `ctx.auth.login`, `refresh` and `logout`, whose tokens go out as cookies or in the answer. */
import { checkOptionNames } from "./check-options.ts";
import { cookieFor } from "./cookies.ts";
import { CookieError, isAuthError, MissingConfigError, refusal, toRefusal } from "./errors.ts";
import type { RequestGate } from "./request-gate.ts";
import type { TokenPair } from "./session-tokens.ts";
import type { LoginOptions } from "./sessions.ts";

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

/** Begins a session for the caller. Rejects with a refusal, `CookieError`, or as the manager's `login` does. */
export async function loginHere<C, D extends Deliver | undefined>(
  gate: RequestGate,
  subject: string | number,
  { deliver, ...options }: RequestLoginOptions<C, D>,
): Promise<Delivered<D>> {
  const { sessions } = gate.engine;
  return telling(gate, async () => {
    checkOptionNames("login", options, ["scope", "claims", "label"]);
    const deliverPair = openDelivery(gate, deliver);
    return deliverPair(await sessions.login(subject, options)) as Delivered<D>;
  });
}

/** Renews the caller's session. Cookies whose token is refused by 401 are cleared, by anything else they are not. */
export async function refreshHere<D extends Deliver | undefined>(
  gate: RequestGate,
  { deliver, ...options }: RequestRefreshOptions<D>,
): Promise<Delivered<D>> {
  return telling(gate, async () => {
    checkOptionNames("refresh", options, ["token"]);
    const deliverPair = openDelivery(gate, deliver);
    const given = options.token;
    const credential = given === undefined ? gate.credential("refresh") : { token: given, location: "body" };
    if (!credential) throw refusal("TOKEN_MISSING");
    try {
      return deliverPair(await gate.rotate(credential.token)) as Delivered<D>;
    } catch (error) {
      const refused = toRefusal(error);
      const isOver = isAuthError(refused) && refused.status === 401;
      if (isOver && credential.location === "cookies" && !whyNoCookies(gate)) clearCookies(gate);
      throw refused;
    }
  });
}

/** Ends the caller's session, and clears the cookies that brought it. Without a token there is nothing to end, and that is no error. */
export async function logoutHere(gate: RequestGate, { deliver, ...options }: RequestLogoutOptions): Promise<void> {
  await telling(gate, async () => {
    checkOptionNames("logout", options, []);
    const { sessions } = gate.engine;
    const credentials = [gate.credential("refresh"), gate.credential("auth")].filter((one) => one !== undefined);
    const isFromHeader = credentials.some(({ location }) => location === "header");
    const clears = !isFromHeader && howToDeliver(gate, deliver) === "cookies";
    if (clears) assertCookies(gate);
    // One of them is enough, as they are of one session; a cookie that is no good (any more) ends nothing.
    for (const { token, location } of credentials) {
      try {
        await sessions.revoke({ token });
        break;
      } catch (error) {
        const refused = toRefusal(error);
        if (!isAuthError(refused) || refused.status !== 401 || location === "header") throw refused;
      }
    }
    if (clears) clearCookies(gate);
  });
}

type Deliverer = (pair: TokenPair) => Expiries & Partial<TokenPair>;

// What keeps the tokens from reaching the caller is found before anything is begun or rotated.
function openDelivery(gate: RequestGate, deliver: Deliver | undefined): Deliverer {
  const { config } = gate.engine;
  if (!config.sessions) throw new MissingConfigError("sessions");
  const way = howToDeliver(gate, deliver);
  if (way === "cookies") assertCookies(gate);
  return (pair) => {
    const response = gate.response;
    response?.forbidStoring();
    if (way === "body") return pair;
    const { authToken, refreshToken, expiresIn, refreshExpiresIn } = pair;
    const why = whyNoCookies(gate);
    if (why !== undefined) throw new CookieError(why);
    response?.setCookie(cookieFor(config.cookies, "auth", { value: authToken, maxAge: expiresIn }));
    response?.setCookie(cookieFor(config.cookies, "refresh", { value: refreshToken, maxAge: refreshExpiresIn }));
    return { expiresIn, refreshExpiresIn };
  };
}

function howToDeliver(gate: RequestGate, deliver: Deliver | undefined): Deliver {
  const { names } = gate.engine.config.cookies;
  const hasCookies = names.auth !== undefined && names.refresh !== undefined;
  if (deliver === undefined) return hasCookies ? "cookies" : "body";
  if (deliver !== "cookies" && deliver !== "body") throw new TypeError('deliver must be "cookies" or "body"');
  if (deliver === "cookies" && !hasCookies) throw new MissingConfigError("cookies");
  return deliver;
}

/** Throws where cookies would not reach the caller, or where another site asked for them: nobody is logged in by a link. */
function assertCookies(gate: RequestGate): void {
  const why = whyNoCookies(gate);
  if (why !== undefined) throw new CookieError(why);
  if (!gate.isMarkedOwn()) throw refusal("CSRF_REJECTED");
}

function whyNoCookies(gate: RequestGate): string | undefined {
  return gate.response ? gate.response.whyNoCookies() : "there is no response that they could be set on";
}

function clearCookies(gate: RequestGate): void {
  const { cookies } = gate.engine.config;
  gate.response?.forbidStoring();
  for (const type of ["auth", "refresh"] as const) gate.response?.setCookie(cookieFor(cookies, type));
}

async function telling<T>(gate: RequestGate, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw gate.describe(toRefusal(error));
  }
}
