/** The transcript of the demo: makes each call on both transports and prints the verdicts. */
import { isDeepStrictEqual } from "node:util";
import type { Call, Tokens } from "./calls.ts";
import type { Outcome, Transport } from "./transports.ts";

export interface Attempt {
  /** The name of the caller. */
  readonly who: string;
  /** The caller's credential, in words. */
  readonly holding: string;
  /** The bearer token: one for both transports, or one for each. */
  readonly token?: string | Both<string> | undefined;
  /** Other headers: the same for both transports, or one set for each. */
  readonly headers?: Headers | Both<Headers>;
  readonly call: Call;
  /** The verdict that both transports must give. */
  readonly expected: string;
  /** The verdict that GraphQL must give, if it differs. */
  readonly expectedOfGraphQL?: string;
}

/** A value for each transport. */
export type Both<T> = readonly [trpc: T, graphql: T];

type Headers = Readonly<Record<string, string>>;

export interface Transcript {
  heading(text: string): void;
  attempt(attempt: Attempt): Promise<Both<Outcome>>;
  /** Records a check that is not a call. */
  check(what: string, isFine: boolean): void;
  /** Prints the last line. Returns whether there was a call, and all results were as expected. */
  finish(): boolean;
}

export function createTranscript(trpc: Transport, graphql: Transport, print: (line: string) => void): Transcript {
  let attempts = 0;
  let failures = 0;
  let otherFailures = 0;
  return {
    heading: (text) => print(`\n${text}`),
    async attempt({ who, holding, token, headers, call, expected, expectedOfGraphQL = expected }) {
      const sent = ([0, 1] as const).map((i) => ({ ...bearer(ownOf(token, i)), ...ownOf(headers, i) }));
      const [first, second] = await Promise.all([trpc(call, sent[0] ?? {}), graphql(call, sent[1] ?? {})]);
      const complaint = complain(call, [expected, expectedOfGraphQL], first, second);
      attempts++;
      if (complaint) failures++;
      const columns = [
        complaint ? "FAIL" : "ok".padEnd(4),
        who.padEnd(9),
        holding.padEnd(20),
        describe(call).padEnd(24),
        `expected ${expected}`.padEnd(32),
        `tRPC ${first.verdict}`.padEnd(28),
        `GraphQL ${second.verdict}`,
      ];
      print(`  ${columns.join("  ")}${complaint ? `  <- ${complaint}` : ""}`);
      return [first, second];
    },
    check(what, isFine) {
      if (!isFine) otherFailures++;
      print(`  ${isFine ? "ok".padEnd(4) : "FAIL"}  ${what}`);
    },
    finish() {
      if (otherFailures > 0) print(`\nFAIL: ${otherFailures} of the checks gave an unexpected result.`);
      const isFine = attempts > 0 && failures === 0 && otherFailures === 0;
      print(
        isFine
          ? `\n${attempts} calls on each transport: every verdict as expected, and tRPC and GraphQL agree.`
          : `\nFAIL: ${failures} of ${attempts} calls on each transport gave an unexpected verdict.`,
      );
      return isFine;
    },
  };
}

/** Returns the auth tokens of a login or a refresh, one for each transport. */
export function authTokens(outcomes: Both<Outcome>): Both<string> {
  return [tokensIn(outcomes[0]).authToken, tokensIn(outcomes[1]).authToken];
}

/** Returns the refresh tokens of a login or a refresh, one for each transport. */
export function refreshTokens(outcomes: Both<Outcome>): Both<string> {
  return [tokensIn(outcomes[0]).refreshToken, tokensIn(outcomes[1]).refreshToken];
}

// A rejected call has no answer, hence no token. The verdicts of the next calls show that.
function tokensIn({ answer }: Outcome): Tokens {
  return (answer ?? { authToken: "", refreshToken: "" }) as Tokens;
}

function complain(call: Call, expected: Both<string>, trpc: Outcome, graphql: Outcome): string | undefined {
  const isSameExpected = expected[0] === expected[1];
  if (isSameExpected && trpc.verdict !== graphql.verdict) return "the transports disagree";
  if (trpc.verdict !== expected[0] || graphql.verdict !== expected[1]) return "not the expected verdict";
  if (isSameExpected && trpc.challenge !== graphql.challenge) return "WWW-Authenticate differs";
  if (trpc.verdict !== "200 ok") return undefined;
  const { comparable = (answer: unknown) => answer } = call;
  const isSame = isDeepStrictEqual(comparable(trpc.answer), comparable(graphql.answer));
  return isSame ? undefined : "the answers differ";
}

function ownOf<T>(given: T | Both<T> | undefined, i: 0 | 1): T | undefined {
  return Array.isArray(given) ? (given as unknown as Both<T>)[i] : (given as T | undefined);
}

function bearer(token: string | undefined): Headers {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

// The transcript must not contain a password.
function describe({ route, variables }: Call): string {
  return "username" in variables ? `${route}(${variables["username"]})` : route;
}
