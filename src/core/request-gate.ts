/** The inside of a `RequestAuth`: finds the credential, verifies at most once, decides plans. What both transports call. */
import { applyRights } from "./authorize.ts";
import { type Credential, readCredential } from "./credentials.ts";
import { isMarkedOwn } from "./csrf.ts";
import { Denials } from "./denials.ts";
import type { Engine } from "./engine.ts";
import { type AuthError, challengeFor, isAuthError, refusal, toRefusal } from "./errors.ts";
import { andThen, isPromise, type MaybePromise } from "./jwt/maybe-promise.ts";
import { attempt, type Memo, type Outcome, once, settle, valueOf } from "./outcome.ts";
import type { RequestSource } from "./request-source.ts";
import type { ResponseSink } from "./response-sink.ts";
import { compileRule, type Plan } from "./rules/compile.ts";
import { decide } from "./rules/decide.ts";
import type { TokenPair } from "./session-tokens.ts";
import type { JWT, TokenContent, TokenType } from "./token.ts";
import { checkTokenType, type Verifier } from "./verifier.ts";

/**
 * What was found out in one run of code that nothing can have interrupted. Time does not pass there, so nothing is asked twice in it. It ends
 * with the next microtask.
 */
interface Moment {
  /** Good tokens, by the plan's slot. */
  readonly tokens: (JWT | undefined)[];
  /** Plans that the token of their slot satisfies; only those that ask about nothing else. */
  passed: Set<Plan> | undefined;
}

const ANY_AUTH: Plan = compileRule();
const ANY_REFRESH: Plan = compileRule({ type: "refresh" });

/** Remembers, while a request lives, what was found out about it. Building one verifies nothing and never throws. */
export class RequestGate {
  readonly #source: RequestSource;
  readonly #engine: () => Engine;
  /** Verified tokens of the request, or of the connection. */
  #known: Map<string, JWT> | undefined;
  // Made when they are needed: most requests need none of them.
  #credentials: Outcome<Credential | undefined>[] | undefined;
  #verified: Memo<JWT> | undefined;
  #rights: Memo<JWT> | undefined;
  #rotating: Map<string, Promise<TokenPair>> | undefined;
  #rotated: Set<string> | undefined;
  #denials: Denials | undefined;
  #madeByClient: WeakSet<object> | undefined;
  #moment: Moment | undefined;
  /** Tokens that are being waited for, by the plan's slot. */
  #waiting: (Promise<JWT> | undefined)[] | undefined;

  readonly #isConnection: boolean;
  /** The verifications that have begun on the connection that this is a part of. */
  readonly running: Map<string, Promise<TokenContent>> | undefined;

  /** `connection` is the gate of the connection that this one is an operation of: tokens that were verified on it are known here too. */
  constructor(source: RequestSource, engine: () => Engine, connection?: RequestGate) {
    this.#source = source;
    this.#engine = engine;
    if (source.isConnection) this.#known = (connection ? connection.#known : undefined) ?? new Map();
    this.#isConnection = source.isConnection && !connection;
    this.running = source.isConnection ? (connection?.running ?? new Map()) : undefined;
  }

  /** The manager's parts. Throws `MissingSignerError` where it is not configured. */
  get engine(): Engine {
    return this.#engine();
  }

  /** Whether a page of this site, or of one that may use the cookies, sent the request. A method: what a getter gives, inspectors show. */
  isMarkedOwn(): boolean {
    return isMarkedOwn(this.#source, this.#engine().config.origins);
  }

  /** The response, where it can be written to. */
  get response(): ResponseSink | undefined {
    return this.#source.response;
  }

  /**
   * The token that satisfies `plan`, at once where nothing must be waited for; `null` only where the plan is optional. Throws or rejects with a
   * refusal. `args` and `parent` are what the plan's are held against.
   */
  check(plan: Plan, args?: unknown, parent?: unknown): MaybePromise<JWT | null> {
    let token: MaybePromise<JWT | null>;
    try {
      token = this.#tokenFor(plan);
    } catch (error) {
      throw this.#tell(error, null);
    }
    if (token === null) return null;
    return isPromise(token) ? this.#checkLater(token, plan, args, parent) : this.#judge(plan, token, args, parent);
  }

  // A function of its own, as all that make closures are: V8 makes room for what a closure holds on the way into the function around it.
  #checkLater(token: Promise<JWT | null>, plan: Plan, args: unknown, parent: unknown): Promise<JWT | null> {
    return token.then(
      (found) => found && this.#judge(plan, found, args, parent),
      (error: unknown) => {
        throw this.#tell(error, null);
      },
    );
  }

  /** `check`, by what is true now, however much time a resolver has taken since a guard asked. */
  checkAnew(plan: Plan, args?: unknown, parent?: unknown): MaybePromise<JWT | null> {
    this.#moment = undefined;
    return this.check(plan, args, parent);
  }

  /** Has what a plan will ask for found out; `undefined` where nothing has to be waited for. Never throws, never rejects: who is to be refused is refused when asked for. */
  prepare(plan: Plan): Promise<unknown> | undefined {
    try {
      const token = this.#tokenFor(plan);
      return isPromise(token) ? token.catch(() => undefined) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Says at once, for a response whose headers are gone before a guard is asked, that nobody may store it, where that could be needed. */
  expectStream(): void {
    const engine = attempt(this.#engine);
    if (!("value" in engine)) return;
    const { sessions, cookies } = engine.value.config;
    if (sessions || cookies.names.auth !== undefined || cookies.names.refresh !== undefined)
      this.response?.forbidStoring();
  }

  /** The credential that a token of `type` would be read from. Throws a refusal. */
  credential(type: TokenType): Credential | undefined {
    return this.#credential(this.#engine(), type === "auth" ? ANY_AUTH : ANY_REFRESH);
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

  /** Remembers that `value`, and every object inside it, is what the client sent: no fact about anything. */
  distrust(value: unknown): void {
    const madeByClient = (this.#madeByClient ??= new WeakSet());
    for (const waiting = [value]; waiting.length > 0; ) {
      const one = waiting.pop();
      if (typeof one !== "object" || one === null || madeByClient.has(one)) continue;
      madeByClient.add(one);
      for (const inner of Object.values(one) as unknown[]) waiting.push(inner);
    }
  }

  /** Whether the client sent this very object. */
  isMadeByClient(value: unknown): boolean {
    return (
      this.#madeByClient !== undefined && typeof value === "object" && value !== null && this.#madeByClient.has(value)
    );
  }

  /** The gate of one operation: on a connection rights are looked up anew for each, while no signature is checked again. */
  operation(): RequestGate {
    return this.#isConnection ? new RequestGate(this.#source, this.#engine, this) : this;
  }

  /** Tells the response about a refusal, where headers can still be set. */
  challenge(error: AuthError): void {
    const challenge = challengeFor(error, this.scheme);
    if (challenge !== undefined) this.response?.setHeader("WWW-Authenticate", challenge);
  }

  /** An error as a resolver may throw it on: a refusal in the user's words, with what the transport wants to be said of it. */
  describe(error: unknown): unknown {
    const told = this.#tell(error, null);
    if (isAuthError(told)) this.#source.describe?.(told);
    return told;
  }

  /** Whether `challenge` reaches the response, as it does wherever the server lets headers be set while the request is answered. */
  get canChallenge(): boolean {
    return this.response !== undefined;
  }

  /** Whether a server sends what the request is answered with, streams of every kind included. */
  get isServed(): boolean {
    return this.#source.isServed;
  }

  /** The scheme that a challenge names. */
  get scheme(): string {
    return this.#engine().config.header.scheme || "Bearer";
  }

  /** Milliseconds until the first of `tokens` ends, by `exp` (leeway included) or with its key; `undefined` where there is none. */
  expiresInMs(tokens: readonly JWT[]): number | undefined {
    if (tokens.length === 0) return undefined;
    const { verifier } = this.#engine();
    const ends = tokens.map((token) => verifier.goodUntil(this.#known?.get(token.signed) ?? token));
    return (Math.min(...ends) - verifier.config.now()) * 1000;
  }

  /** The auth token, if something verified it already and it is still good. */
  get knownAuthToken(): JWT | null {
    const seen = this.#moment?.tokens[ANY_AUTH.slot];
    if (seen) return seen;
    if (!this.#known?.size) return null;
    const engine = this.#engine();
    const credential = attempt(() => this.#credential(engine, ANY_AUTH));
    const text = "value" in credential ? credential.value?.token : undefined;
    const known = text === undefined ? undefined : this.#known.get(text);
    if (text === undefined || known?.tokenType !== "auth" || !engine.verifier.isGoodNow(known)) return null;
    return engine.config.authorize ? (valueOf(this.#rights?.get(text)) ?? null) : known;
  }

  /** Tells of a refusal, and gives it in the user's words. Other errors stay. */
  #tell(error: unknown, about: JWT | null): unknown {
    return isAuthError(error) ? (this.#denials ??= new Denials()).tell(this.#engine(), error, about) : error;
  }

  /** The token, unless its claims do not satisfy the plan. A check that throws denies. */
  #judge(plan: Plan, token: JWT, args: unknown, parent: unknown): JWT {
    if (plan.isOfTokenOnly) {
      const moment = this.#now();
      if (moment.passed?.has(plan)) return token;
      this.#decide(plan, token, args, parent);
      (moment.passed ??= new Set()).add(plan);
    } else this.#decide(plan, token, args, parent);
    return token;
  }

  #decide(plan: Plan, token: JWT, args: unknown, parent: unknown): void {
    let refused: AuthError | undefined;
    try {
      const reason = decide(plan, token["~content"]?.claims ?? token.claims, args, parent);
      if (reason === undefined) return;
      refused = refusal(reason);
    } catch (cause) {
      refused = refusal("CLAIMS_INSUFFICIENT", cause);
    }
    throw this.#tell(refused, token);
  }

  #now(): Moment {
    if (this.#moment === undefined) {
      const moment: Moment = { tokens: [], passed: undefined };
      this.#moment = moment;
      queueMicrotask(() => {
        if (this.#moment === moment) this.#moment = undefined;
      });
    }
    return this.#moment;
  }

  /** A good token of the plan's type and location, rights laid over it; `null` where there is none and need not be. Throws or rejects with a refusal. */
  #tokenFor(plan: Plan): MaybePromise<JWT | null> {
    return this.#moment?.tokens[plan.slot] ?? this.#findToken(plan);
  }

  #findToken(plan: Plan): MaybePromise<JWT | null> {
    // Whoever comes while it is waited for waits for the same.
    const before = this.#waiting?.[plan.slot];
    if (before) return before;
    const engine = this.#engine();
    const credential = this.#credential(engine, plan);
    if (!credential || (plan.location !== undefined && credential.location !== plan.location)) {
      if (plan.optional) return null;
      throw refusal("TOKEN_MISSING");
    }
    if (credential.location === "cookies") this.response?.forbidStoring();
    const token = this.#trusted(engine, credential.token, plan.type);
    return isPromise(token) ? this.#wait(plan, token) : this.#see(plan, token);
  }

  #wait(plan: Plan, token: Promise<JWT>): Promise<JWT> {
    const waiting = (this.#waiting ??= []);
    const mine = token.then(
      (found) => {
        waiting[plan.slot] = undefined;
        return this.#see(plan, found);
      },
      (error: unknown) => {
        waiting[plan.slot] = undefined;
        throw error;
      },
    );
    waiting[plan.slot] = mine;
    return mine;
  }

  #see(plan: Plan, token: JWT): JWT {
    this.#now().tokens[plan.slot] = token;
    return token;
  }

  #credential({ config }: Engine, plan: Plan): Credential | undefined {
    const credentials = (this.#credentials ??= []);
    const known = credentials[plan.slot];
    if (known) return settle(known);
    const outcome = attempt(() => readCredential(this.#source, config, plan));
    credentials[plan.slot] = outcome;
    return settle(outcome);
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
      // A connection outlives what was true when it opened: its rights are remembered by the gate of each operation only.
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
