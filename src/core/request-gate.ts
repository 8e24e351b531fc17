/** The inside of a `RequestAuth`: finds the credential, verifies at most once, decides plans. What both transports call. */
import { applyRights } from "./authorize.ts";
import { type Credential, readCredential } from "./credentials.ts";
import { type AuthError, challengeFor, refusal, toRefusal } from "./errors.ts";
import { andThen, isPromise, type MaybePromise } from "./maybe-promise.ts";
import type { RequestSource } from "./request-source.ts";
import type { Plan } from "./rules/compile.ts";
import { decide, type RuleFacts } from "./rules/decide.ts";
import type { JWT, TokenType } from "./token.ts";
import { checkTokenType, type Verifier } from "./verifier.ts";

/** What became of something that was asked once. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };
type Memo = Map<string, MaybePromise<Outcome<JWT>>>;

/** Remembers, while a request lives, what was found out about it. Building one verifies nothing and never throws. */
export class RequestGate {
  readonly #source: RequestSource;
  readonly #verifier: () => Verifier;
  readonly #credentials: Map<TokenType, Outcome<Credential | undefined>> = new Map();
  readonly #verified: Memo;
  readonly #rights: Memo = new Map();

  /** `verified` is what is known already of tokens of the same connection. */
  constructor(source: RequestSource, verifier: () => Verifier, verified: Memo = new Map()) {
    this.#source = source;
    this.#verifier = verifier;
    this.#verified = verified;
  }

  /** The token that satisfies `plan`, at once where nothing must be waited for; `null` only where the plan is optional. Throws or rejects with a refusal. */
  check(plan: Plan, facts: RuleFacts): MaybePromise<JWT | null> {
    const verifier = this.#verifier();
    const credential = this.#credential(verifier, plan.type);
    if (!credential || (plan.location !== undefined && credential.location !== plan.location)) {
      if (plan.optional) return null;
      throw refusal("TOKEN_MISSING");
    }
    return andThen(this.#trusted(verifier, credential.token, plan.type), (token) => {
      judge(plan, token, facts);
      return token;
    });
  }

  /** The gate of one operation: on a connection rights are looked up anew for each, while no signature is checked again. */
  operation(): RequestGate {
    if (!this.#source.isConnection) return this;
    return new RequestGate({ ...this.#source, isConnection: false }, this.#verifier, this.#verified);
  }

  /** Tells the response about a refusal, where headers can still be set. */
  challenge(error: AuthError): void {
    const challenge = challengeFor(error, this.scheme);
    if (challenge !== undefined) this.#source.setHeader?.("WWW-Authenticate", challenge);
  }

  /** The scheme that a challenge names. */
  get scheme(): string {
    return this.#verifier().config.header.scheme || "Bearer";
  }

  /** Milliseconds until `token` expires, leeway included. */
  expiresInMs(token: JWT): number {
    const { config } = this.#verifier();
    return (token.exp + config.leeway - config.now()) * 1000;
  }

  /** The auth token, if something verified it already and it is still good. */
  get knownAuthToken(): JWT | null {
    const credential = this.#credentials.get("auth");
    const text = credential && "value" in credential ? credential.value?.token : undefined;
    if (text === undefined) return null;
    const verifier = this.#verifier();
    const known = (verifier.config.authorize ? this.#rights : this.#verified).get(text);
    if (!known || isPromise(known) || !("value" in known) || known.value.tokenType !== "auth") return null;
    return "value" in attempt(() => verifier.assertCurrent(known.value)) ? known.value : null;
  }

  #credential(verifier: Verifier, type: TokenType): Credential | undefined {
    let outcome = this.#credentials.get(type);
    if (!outcome) {
      outcome = attempt(() => readCredential(this.#source, verifier.config, type));
      this.#credentials.set(type, outcome);
    }
    return settle(outcome);
  }

  #trusted(verifier: Verifier, text: string, type: TokenType): MaybePromise<JWT> {
    const verified = once(this.#verified, text, () => verifier.verify(text));
    return andThen(verified, (token) => {
      try {
        verifier.assertCurrent(token);
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
