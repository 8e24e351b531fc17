/** `RequestAuth`, the `ctx.auth` of a request: who is calling, and whether they may. */
import { isAuthError } from "./errors.ts";
import type { AuthManager } from "./manager.ts";
import type { RequestGate } from "./request-gate.ts";
import { checkGiven, compileRule, type Plan } from "./rules/compile.ts";
import type { RuleFacts } from "./rules/decide.ts";
import type { Claims, Rule } from "./rules/rule.ts";
import type { JWT } from "./token.ts";

/** What a request's context holds: `ctx.auth`, without the `token` that only a guard vouches for. */
export interface AuthContext<C = Claims> {
  readonly auth: Omit<RequestAuth<C>, "token">;
}

/** Any context that holds `auth`, whatever its claims. */
export interface AnyAuthContext {
  readonly auth: { readonly manager: unknown; authenticate(): Promise<unknown> };
}

/** The `auth` that a transport put into a context, also where it is of another copy of this package; `undefined` where there is none. */
export function authIn(context: unknown): RequestAuth | undefined {
  const auth = (context as { auth?: RequestAuth } | null | undefined)?.auth;
  return auth?.["~gate"] ? auth : undefined;
}

const ANYONE: Plan = compileRule({ optional: true });

/**
 * The authentication of one request. Building it never throws and verifies nothing; the signature is checked at most once,
 * when something first asks, and what changes while a request lives (such as `exp`) at every use.
 */
export class RequestAuth<C = Claims, T extends JWT<C> | null = JWT<C> | null> {
  readonly #manager: AuthManager<C>;
  readonly #gate: RequestGate;
  readonly #seen: JWT | null | undefined;

  /** @internal `seen` is the token a guard vouched for; undefined where none did. */
  constructor(manager: AuthManager<C>, gate: RequestGate, seen?: JWT | null) {
    this.#manager = manager;
    this.#gate = gate;
    this.#seen = seen;
  }

  /** The manager, to issue tokens with. */
  get manager(): AuthManager<C> {
    return this.#manager;
  }

  /** Behind a guard the token it let in. Elsewhere the auth token, if something verified it already and it is still good, or `null`. */
  get token(): T {
    // T is null only where no guard has let anybody in: the guards' types see to that.
    return (this.#seen === undefined ? this.#gate.knownAuthToken : this.#seen) as unknown as T;
  }

  /** The verified auth token, or `null` where there is no token at all. Rejects with an `AuthError` for a bad one. */
  async authenticate(): Promise<JWT<C> | null> {
    return this.#ask(ANYONE, {});
  }

  /**
   * The token, if it satisfies `rule` (without one: any valid auth token); `null` only under an `optional` rule without a token.
   * `facts` is what `args` and `parent` are held against. Rejects with an `AuthError`, or a `TypeError` for a rule that means nothing.
   */
  require(rule: Rule<C> & { readonly optional: true }, facts?: RuleFacts): Promise<JWT<C> | null>;
  require(rule?: Rule<C>, facts?: RuleFacts): Promise<JWT<C>>;
  async require(rule?: Rule<C>, facts: RuleFacts = {}): Promise<JWT<C> | null> {
    checkGiven(arguments);
    return this.#ask(compileRule(rule), facts);
  }

  async #ask(plan: Plan, facts: RuleFacts): Promise<JWT<C> | null> {
    try {
      return (await this.#gate.check(plan, facts)) as JWT<C> | null;
    } catch (error) {
      if (isAuthError(error)) this.#gate.describe(error);
      throw error;
    }
  }

  /** @internal For the transports. */
  get "~gate"(): RequestGate {
    return this.#gate;
  }

  /** @internal The same caller, seen through `gate`, with the token that a guard vouches for, if one does. */
  "~seenWith"(gate: RequestGate, token?: JWT | null): RequestAuth<C> {
    return new RequestAuth(this.#manager, gate, token);
  }
}
