/** The inside of a `RequestAuth`: finds the credential, verifies at most once, decides plans. What both transports call. */
import { applyRights } from "./authorize.ts";
import { type Credential, readCredential } from "./credentials.ts";
import { type AuthError, challengeFor, refusal, toRefusal } from "./errors.ts";
import { andThen, isPromise, type MaybePromise } from "./jwt/maybe-promise.ts";
import type { RequestSource } from "./request-source.ts";
import type { Plan } from "./rules/compile.ts";
import { decide, type RuleFacts } from "./rules/decide.ts";
import type { JWT, TokenType } from "./token.ts";
import { checkTokenType, type Verifier } from "./verifier.ts";

/** What became of something that was asked once. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };
type Memo = Map<string, MaybePromise<Outcome<JWT>>>;
type Location = Credential["location"] | undefined;

/** Remembers, while a request lives, what was found out about it. Building one verifies nothing and never throws. */
export class RequestGate {
  readonly #source: RequestSource;
  readonly #verifier: () => Verifier;
  readonly #credentials: Map<string, Outcome<Credential | undefined>> = new Map();
  readonly #known: Map<string, JWT>;
  readonly #verified: Memo = new Map();
  readonly #rights: Memo = new Map();
  #madeByClient: WeakSet<object> | undefined;

  /** `known` holds tokens that were verified on the same connection. */
  constructor(source: RequestSource, verifier: () => Verifier, known: Map<string, JWT> = new Map()) {
    this.#source = source;
    this.#verifier = verifier;
    this.#known = known;
  }

  /** The token that satisfies `plan`, at once where nothing must be waited for; `null` only where the plan is optional. Throws or rejects with a refusal. */
  check(plan: Plan, facts: RuleFacts): MaybePromise<JWT | null> {
    const verifier = this.#verifier();
    const credential = this.#credential(verifier, plan.type, plan.location);
    if (!credential || (plan.location !== undefined && credential.location !== plan.location)) {
      if (plan.optional) return null;
      throw refusal("TOKEN_MISSING");
    }
    return andThen(this.#trusted(verifier, credential.token, plan.type), (token) => {
      judge(plan, token, facts);
      return token;
    });
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
    return new RequestGate({ ...this.#source, isConnection: false }, this.#verifier, this.#known);
  }

  /** Tells the response about a refusal, where headers can still be set. */
  challenge(error: AuthError): void {
    const challenge = challengeFor(error, this.scheme);
    if (challenge !== undefined) this.#source.setHeader?.("WWW-Authenticate", challenge);
  }

  /** Says on a refusal that a resolver is about to throw itself what the transport wants to be said of it. */
  describe(error: AuthError): void {
    this.#source.describe?.(error);
  }

  /** Whether `challenge` reaches the response, as it does wherever the server lets headers be set while the request is answered. */
  get canChallenge(): boolean {
    return this.#source.setHeader !== undefined;
  }

  /** Whether a server sends what the request is answered with, streams of every kind included. */
  get isServed(): boolean {
    return this.#source.isServed;
  }

  /** The scheme that a challenge names. */
  get scheme(): string {
    return this.#verifier().config.header.scheme || "Bearer";
  }

  /** Milliseconds until the first of `tokens` ends, by `exp` (leeway included) or with its key; `undefined` where there is none. */
  expiresInMs(tokens: readonly JWT[]): number | undefined {
    if (tokens.length === 0) return undefined;
    const verifier = this.#verifier();
    const ends = tokens.map((token) => verifier.goodUntil(this.#known.get(token.signed) ?? token));
    return (Math.min(...ends) - verifier.config.now()) * 1000;
  }

  /** The auth token, if something verified it already and it is still good. */
  get knownAuthToken(): JWT | null {
    if (this.#known.size === 0) return null;
    const verifier = this.#verifier();
    const credential = attempt(() => this.#credential(verifier, "auth", undefined));
    const text = "value" in credential ? credential.value?.token : undefined;
    const known = text === undefined ? undefined : this.#known.get(text);
    if (text === undefined || known?.tokenType !== "auth") return null;
    // Where the keys must be waited for, nothing can be said at once.
    const confirmed = settled(attemptAsync(() => verifier.confirm(known)));
    if (!confirmed) return null;
    return verifier.config.authorize ? (settled(this.#rights.get(text)) ?? null) : confirmed;
  }

  #credential(verifier: Verifier, type: TokenType, location: Location): Credential | undefined {
    const key = `${type} ${location}`;
    let outcome = this.#credentials.get(key);
    if (!outcome) {
      outcome = attempt(() => readCredential(this.#source, verifier.config, { type, location }));
      this.#credentials.set(key, outcome);
    }
    return settle(outcome);
  }

  #trusted(verifier: Verifier, text: string, type: TokenType): MaybePromise<JWT> {
    return andThen(this.#verify(verifier, text), (token) => {
      try {
        checkTokenType(token, type);
      } catch (error) {
        throw toRefusal(error);
      }
      const { authorize } = verifier.config;
      if (!authorize) return token;
      const ask = (): Promise<JWT> => applyRights(verifier.config, authorize, token);
      // A connection outlives what was true when it opened: its rights are remembered by the gate of each operation only.
      return this.#source.isConnection ? ask() : once(this.#rights, text, ask);
    });
  }

  // A signature is checked once; that the token has not expired and that its key is trusted, at every use.
  #verify(verifier: Verifier, text: string): MaybePromise<JWT> {
    const known = this.#known.get(text);
    const memo: Memo = this.#source.isConnection ? new Map() : this.#verified;
    const verified = known
      ? andThen(
          attemptAsync(() => verifier.confirm(known)),
          settle,
        )
      : once(memo, text, () => verifier.verify(text));
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
