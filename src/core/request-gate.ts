/** The inside of a `RequestAuth`: finds the credential, verifies at most once, decides plans. What both transports call. */
import { applyRights } from "./authorize.ts";
import { type Credential, readCredential } from "./credentials.ts";
import { isMarkedOwn } from "./csrf.ts";
import type { Engine } from "./engine.ts";
import { type AuthError, challengeFor, isAuthError, type Reason, refusal, toRefusal } from "./errors.ts";
import { andThen, isPromise, type MaybePromise } from "./jwt/maybe-promise.ts";
import type { RequestSource } from "./request-source.ts";
import type { ResponseSink } from "./response-sink.ts";
import { wordRefusal } from "./responses.ts";
import type { Plan } from "./rules/compile.ts";
import { decide, type RuleFacts } from "./rules/decide.ts";
import type { TokenPair } from "./session-tokens.ts";
import type { JWT, TokenType } from "./token.ts";
import { checkTokenType, type Verifier } from "./verifier.ts";

/** What became of something that was asked once. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };
type Memo = Map<string, MaybePromise<Outcome<JWT>>>;
type Location = Credential["location"] | undefined;

/** Remembers, while a request lives, what was found out about it. Building one verifies nothing and never throws. */
export class RequestGate {
  readonly #source: RequestSource;
  readonly #engine: () => Engine;
  readonly #credentials: Map<string, Outcome<Credential | undefined>> = new Map();
  readonly #known: Map<string, JWT>;
  readonly #verified: Memo = new Map();
  readonly #rights: Memo = new Map();
  readonly #rotating: Map<string, Promise<TokenPair>> = new Map();
  readonly #rotated: Set<string> = new Set();
  readonly #worded: WeakMap<AuthError, AuthError> = new WeakMap();
  readonly #told: Set<Reason> = new Set();
  #madeByClient: WeakSet<object> | undefined;

  /** `known` holds tokens that were verified on the same connection. */
  constructor(source: RequestSource, engine: () => Engine, known: Map<string, JWT> = new Map()) {
    this.#source = source;
    this.#engine = engine;
    this.#known = known;
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

  /** The token that satisfies `plan`, at once where nothing must be waited for; `null` only where the plan is optional. Throws or rejects with a refusal. */
  check(plan: Plan, facts: RuleFacts): MaybePromise<JWT | null> {
    let about: JWT | null = null;
    const refuse = (error: unknown): never => {
      throw this.#tell(error, about);
    };
    try {
      const engine = this.#engine();
      const credential = this.#credential(engine, plan.type, plan.location);
      if (!credential || (plan.location !== undefined && credential.location !== plan.location)) {
        if (plan.optional) return null;
        throw refusal("TOKEN_MISSING");
      }
      if (credential.location === "cookies") this.response?.forbidStoring();
      const checked = andThen(this.#trusted(engine, credential.token, plan.type), (token) => {
        about = token;
        judge(plan, token, facts);
        return token;
      });
      return isPromise(checked) ? checked.catch(refuse) : checked;
    } catch (error) {
      return refuse(error);
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
    return this.#credential(this.#engine(), type, undefined);
  }

  /** New tokens for a refresh token; what this request presents twice at once is rotated once. */
  rotate(token: string): Promise<TokenPair> {
    const running = this.#rotating.get(token);
    if (running) return running;
    const mine = this.#engine()
      .sessions.refresh(token)
      .then((pair) => {
        this.#rotated.add(token);
        return pair;
      })
      .finally(() => this.#rotating.delete(token));
    this.#rotating.set(token, mine);
    return mine;
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
    return typeof value === "object" && value !== null && this.#madeByClient?.has(value) === true;
  }

  /** The gate of one operation: on a connection rights are looked up anew for each, while no signature is checked again. */
  operation(): RequestGate {
    if (!this.#source.isConnection) return this;
    return new RequestGate({ ...this.#source, isConnection: false }, this.#engine, this.#known);
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
    const ends = tokens.map((token) => verifier.goodUntil(this.#known.get(token.signed) ?? token));
    return (Math.min(...ends) - verifier.config.now()) * 1000;
  }

  /** The auth token, if something verified it already and it is still good. */
  get knownAuthToken(): JWT | null {
    if (this.#known.size === 0) return null;
    const engine = this.#engine();
    const credential = attempt(() => this.#credential(engine, "auth", undefined));
    const text = "value" in credential ? credential.value?.token : undefined;
    const known = text === undefined ? undefined : this.#known.get(text);
    if (text === undefined || known?.tokenType !== "auth" || !engine.verifier.isGoodNow(known)) return null;
    return engine.config.authorize ? (settled(this.#rights.get(text)) ?? null) : known;
  }

  /** Tells of a refusal, once for each reason, and gives it in the user's words; the same words for the same refusal. Other errors stay. */
  #tell(error: unknown, about: JWT | null): unknown {
    if (!isAuthError(error)) return error;
    const { config, emit } = this.#engine();
    const { reason, status } = error;
    if (!this.#told.has(reason)) {
      this.#told.add(reason);
      emit({ type: "denied", reason, status, subject: about?.sub ?? null, sid: about?.sid ?? null });
    }
    const before = this.#worded.get(error);
    if (before) return before;
    const worded = wordRefusal(error, config.responses);
    this.#worded.set(error, worded);
    // Told again on its way out, it is what it is.
    this.#worded.set(worded, worded);
    return worded;
  }

  #credential({ config }: Engine, type: TokenType, location: Location): Credential | undefined {
    const key = `${type} ${location}`;
    let outcome = this.#credentials.get(key);
    if (!outcome) {
      outcome = attempt(() => readCredential(this.#source, config, { type, location }));
      this.#credentials.set(key, outcome);
    }
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
      return this.#source.isConnection ? ask() : once(this.#rights, text, ask);
    });
  }

  // A signature is checked once; that the token has not expired, that its key is trusted and that its session stands, at every use.
  #verify(verifier: Verifier, text: string): MaybePromise<JWT> {
    const known = this.#known.get(text);
    const memo: Memo = this.#source.isConnection ? new Map() : this.#verified;
    const wasRotated = async (): Promise<boolean> => {
      await this.#rotating.get(text)?.catch(() => undefined);
      return this.#rotated.has(text);
    };
    const verified = known
      ? andThen(
          attemptAsync(() => verifier.confirm(known, wasRotated)),
          settle,
        )
      : once(memo, text, () => verifier.verify(text, wasRotated));
    return andThen(verified, (token) => {
      this.#known.set(text, token);
      return token;
    });
  }
}

function settled(outcome: MaybePromise<Outcome<JWT>> | undefined): JWT | undefined {
  return outcome && !isPromise(outcome) && "value" in outcome ? outcome.value : undefined;
}

/** Throws a refusal unless the token's claims satisfy the plan. A check that throws denies. */
function judge(plan: Plan, token: JWT, facts: RuleFacts): void {
  let reason: ReturnType<typeof decide>;
  try {
    reason = decide(plan, token.claims, facts);
  } catch (cause) {
    throw refusal("CLAIMS_INSUFFICIENT", cause);
  }
  if (reason !== undefined) throw refusal(reason);
}

// Outcomes are kept, not promises: a rejection that nobody waits for any more must not end the process.
function once(memo: Memo, key: string, ask: () => MaybePromise<JWT>): MaybePromise<JWT> {
  let outcome = memo.get(key);
  if (outcome === undefined) {
    outcome = attemptAsync(ask);
    memo.set(key, outcome);
    if (isPromise(outcome)) void outcome.then((settled) => memo.set(key, settled));
  }
  return andThen(outcome, settle);
}

function attempt<T>(ask: () => T): Outcome<T> {
  try {
    return { value: ask() };
  } catch (error) {
    return { error: toRefusal(error) };
  }
}

function attemptAsync<T>(ask: () => MaybePromise<T>): MaybePromise<Outcome<T>> {
  const started = attempt(ask);
  if ("error" in started) return started;
  const { value } = started;
  if (!isPromise(value)) return { value };
  return value.then(
    (settled) => ({ value: settled }),
    (error: unknown) => ({ error: toRefusal(error) }),
  );
}

function settle<T>(outcome: Outcome<T>): T {
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}
