/** The tokens of one request: where they stand in it, verified at most once, judged at every use, and with the rights of their subject laid over them. */
import { applyRights } from "./authorize.ts";
import { type Credential, readCredential } from "./credentials.ts";
import type { Engine } from "./engine.ts";
import { refusal, toRefusal } from "./errors.ts";
import { andThen, isPromise, type MaybePromise } from "./jwt/maybe-promise.ts";
import { attempt, type Memo, type Outcome, once, settle, valueOf } from "./outcome.ts";
import type { RequestSource } from "./request-source.ts";
import { compileRule, type Plan } from "./rules/compile.ts";
import type { Presenter } from "./session-check.ts";
import type { TokenPair } from "./session-tokens.ts";
import type { JWT, TokenContent, TokenType } from "./token.ts";
import { checkTokenType, type Verifier } from "./verifier.ts";

/** A plan for the tokens of each type, from wherever they come. */
export const ANY: Readonly<Record<TokenType, Plan>> = {
  auth: compileRule(),
  refresh: compileRule({ type: "refresh" }),
};

/** Whether a plan asks for the auth token wherever it is, so that where it finds none the request has none. */
export function isOfAnyAuth({ slot }: Plan): boolean {
  return slot === ANY.auth.slot;
}

/** Remembers what was found out about the tokens, while the request lives. Building it verifies nothing and never throws. */
export class RequestTokens implements Presenter {
  readonly #source: RequestSource;
  readonly #engine: () => Engine;
  /** Whether it is of a connection itself, and not of one of its operations. */
  readonly #isConnection: boolean;
  /** The verifications that have begun on the connection that this is a part of. */
  readonly running: Map<string, Promise<TokenContent>> | undefined;
  /** Verified tokens of the request, or of the connection. */
  #known: Map<string, JWT> | undefined;
  // Made when they are needed: most requests need none of them.
  #credentials: Outcome<Credential | undefined>[] | undefined;
  #verified: Memo<JWT> | undefined;
  #rights: Memo<JWT> | undefined;
  #waiting: (Promise<JWT> | undefined)[] | undefined;
  #rotating: Map<string, Promise<TokenPair>> | undefined;
  #rotated: Set<string> | undefined;

  /** `connection` has the tokens of the connection that this is an operation of: what was verified on it is known here too. */
  constructor(source: RequestSource, engine: () => Engine, connection?: RequestTokens) {
    this.#source = source;
    this.#engine = engine;
    this.#isConnection = source.isConnection && !connection;
    this.#known = source.isConnection ? ((connection ? connection.#known : undefined) ?? new Map()) : undefined;
    this.running = source.isConnection ? (connection?.running ?? new Map()) : undefined;
  }

  /** The tokens of one operation, where this is a connection: its rights are looked up anew, while no signature is checked again. */
  ofOperation(): RequestTokens {
    return this.#isConnection ? new RequestTokens(this.#source, this.#engine, this) : this;
  }

  /** The credential that a plan asks about. Throws a refusal. */
  credential(plan: Plan): Credential | undefined {
    const credentials = (this.#credentials ??= []);
    const known = credentials[plan.slot];
    if (known) return settle(known);
    const outcome = attempt(() => readCredential(this.#source, this.#engine().config, plan));
    credentials[plan.slot] = outcome;
    return settle(outcome);
  }

  /** A good token of the plan's type and location, rights laid over it; `null` where there is none and need not be. Throws or rejects with a refusal. */
  find(plan: Plan): MaybePromise<JWT | null> {
    // Whoever comes while it is waited for waits for the same.
    const before = this.#waiting?.[plan.slot];
    if (before) return before;
    const credential = this.credential(plan);
    if (!credential || (plan.location !== undefined && credential.location !== plan.location)) {
      if (plan.optional) return null;
      throw refusal("TOKEN_MISSING");
    }
    if (credential.location === "cookies") this.#source.response?.forbidStoring();
    const token = this.#trusted(this.#engine(), credential.token, plan.type);
    return isPromise(token) ? this.#wait(plan, token) : token;
  }

  /** The auth token, if something verified it already and it is still good. */
  get knownAuthToken(): JWT | null {
    if (!this.#known?.size) return null;
    const { config, verifier } = this.#engine();
    const credential = attempt(() => this.credential(ANY.auth));
    const text = "value" in credential ? credential.value?.token : undefined;
    const known = text === undefined ? undefined : this.#known.get(text);
    if (text === undefined || known?.tokenType !== "auth" || !verifier.isGoodNow(known)) return null;
    return config.authorize ? (valueOf(this.#rights?.get(text)) ?? null) : known;
  }

  /** Milliseconds until the first of `tokens` ends, by `exp` (leeway included) or with its key; `undefined` where there is none. */
  expiresInMs(tokens: readonly JWT[]): number | undefined {
    if (tokens.length === 0) return undefined;
    const { verifier } = this.#engine();
    const ends = tokens.map((token) => verifier.goodUntil(this.#known?.get(token.signed) ?? token));
    return (Math.min(...ends) - verifier.config.now()) * 1000;
  }

  /** New tokens for a refresh token; what this request presents twice at once is rotated once. */
  rotate(token: string): Promise<TokenPair> {
    const rotating = (this.#rotating ??= new Map());
    const rotated = (this.#rotated ??= new Set());
    const running = rotating.get(token);
    if (running) return running;
    const mine = this.#engine()
      .sessions.refresh(token)
      .then((pair) => {
        rotated.add(token);
        return pair;
      })
      .finally(() => rotating.delete(token));
    rotating.set(token, mine);
    return mine;
  }

  /** Whether this request itself has replaced a refresh token, or is just doing so. */
  async wasRotated(token: string): Promise<boolean> {
    await this.#rotating?.get(token)?.catch(() => undefined);
    return this.#rotated?.has(token) === true;
  }

  #wait(plan: Plan, token: Promise<JWT>): Promise<JWT> {
    const waiting = (this.#waiting ??= []);
    const mine = token.finally(() => {
      waiting[plan.slot] = undefined;
    });
    waiting[plan.slot] = mine;
    return mine;
  }

  #trusted({ config, verifier, emit }: Engine, text: string, type: TokenType): MaybePromise<JWT> {
    return andThen(this.#verify(verifier, text), (token) => {
      try {
        checkTokenType(token, type);
      } catch (error) {
        throw toRefusal(error);
      }
      const { authorize } = config;
      if (!authorize) return token;
      const ask = (): Promise<JWT> => applyRights(config, authorize, emit, token);
      // A connection outlives what was true when it opened: its rights are remembered by each operation only.
      return this.#isConnection ? ask() : once((this.#rights ??= new Map()), text, ask);
    });
  }

  // A signature is checked once; that the token has not expired, that its key is trusted and that its session stands, at every use.
  #verify(verifier: Verifier, text: string): MaybePromise<JWT> {
    const known = this.#known?.get(text);
    const before = known ? undefined : this.#verified?.get(text);
    if (before) return andThen(before, settle);
    let verified: MaybePromise<JWT>;
    try {
      verified = known ? verifier.confirm(known, this) : verifier.verify(text, this);
    } catch (error) {
      throw this.#refuse(text, known, toRefusal(error));
    }
    if (isPromise(verified)) return this.#verifyLater(text, known, verified);
    if (verified !== known) (this.#known ??= new Map()).set(text, verified);
    return verified;
  }

  async #verifyLater(text: string, known: JWT | undefined, verified: Promise<JWT>): Promise<JWT> {
    const memo = known || this.#isConnection ? new Map<string, never>() : (this.#verified ??= new Map());
    const token = await once(memo, text, () => verified);
    if (token !== known) (this.#known ??= new Map()).set(text, token);
    return token;
  }

  /** A refusal is remembered too, but not by a connection, which outlives what was true when it opened, and not of what was good before. */
  #refuse(text: string, known: JWT | undefined, error: unknown): unknown {
    if (!known && !this.#isConnection) (this.#verified ??= new Map()).set(text, { error });
    return error;
  }
}
