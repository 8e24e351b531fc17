/** Makes each attempt on both transports, holds the verdicts against the expected one, and writes one line about it. */
import { isDeepStrictEqual } from "node:util";
import type { Call, Tokens } from "./calls.ts";
import type { Outcome, Transport } from "./transports.ts";

export interface Attempt {
  /** Who calls. */
  readonly who: string;
  /** With what, in words. */
  readonly holding: string;
  /** Sent as a bearer token: one on both transports, or each transport's own. */
  readonly token?: string | Both<string> | undefined;
  /** Sent too: the same headers on both transports, or each transport's own. */
  readonly headers?: Headers | Both<Headers>;
  readonly call: Call;
  /** The verdict that both transports must give. */
  readonly expected: string;
  /** The verdict that GraphQL must give, where that is another one. */
  readonly expectedOfGraphQL?: string;
}

/** What tRPC has or gave, and GraphQL. */
export type Both<T> = readonly [trpc: T, graphql: T];

type Headers = Readonly<Record<string, string>>;

export interface Transcript {
  heading(text: string): void;
  attempt(attempt: Attempt): Promise<Both<Outcome>>;
  /** Something that is not a call on both transports. */
  check(what: string, isFine: boolean): void;
  /** Whether there was something to see, and all of it was as expected. Writes the last line. */
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
      if (otherFailures > 0) print(`\nFAIL: ${otherFailures} of what is not a call went another way than expected.`);
      const isFine = attempts > 0 && failures === 0 && otherFailures === 0;
      print(
        isFine
          ? `\n${attempts} calls on each transport: every verdict as expected, and tRPC and GraphQL agree.`
          : `\nFAIL: ${failures} of ${attempts} calls on each transport went another way than expected.`,
      );
      return isFine;
    },
  };
}

/** The auth tokens that a login or a refresh gave, each transport's own. */
export function authTokens(outcomes: Both<Outcome>): Both<string> {
  return [tokensIn(outcomes[0]).authToken, tokensIn(outcomes[1]).authToken];
}

/** The refresh tokens that a login or a refresh gave, each transport's own. */
export function refreshTokens(outcomes: Both<Outcome>): Both<string> {
  return [tokensIn(outcomes[0]).refreshToken, tokensIn(outcomes[1]).refreshToken];
}

// What was refused has no answer, and no token then: the verdict of what follows shows it.
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

// A password is not for the transcript.
function describe({ route, variables }: Call): string {
  return "username" in variables ? `${route}(${variables["username"]})` : route;
}
