/** Makes each attempt on both transports, holds the verdicts against the expected one, and writes one line about it. */
import { isDeepStrictEqual } from "node:util";
import type { Call } from "./calls.ts";
import type { Outcome, Transport } from "./transports.ts";

export interface Attempt {
  /** Who calls. */
  readonly who: string;
  /** With what, in words. */
  readonly holding: string;
  readonly token?: string | undefined;
  readonly call: Call;
  /** The verdict that both transports must give. */
  readonly expected: string;
}

export interface Transcript {
  heading(text: string): void;
  /** The answer, as tRPC gave it. */
  attempt(attempt: Attempt): Promise<unknown>;
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
    async attempt({ who, holding, token, call, expected }) {
      const [first, second] = await Promise.all([trpc(call, token), graphql(call, token)]);
      const complaint = complain(call, expected, first, second);
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
      return first.answer;
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

function complain(call: Call, expected: string, trpc: Outcome, graphql: Outcome): string | undefined {
  if (trpc.verdict !== graphql.verdict) return "the transports disagree";
  if (trpc.verdict !== expected) return "not the expected verdict";
  if (trpc.challenge !== graphql.challenge) return "WWW-Authenticate differs";
  if (trpc.verdict !== "200 ok") return undefined;
  const { comparable = (answer: unknown) => answer } = call;
  const isSame = isDeepStrictEqual(comparable(trpc.answer), comparable(graphql.answer));
  return isSame ? undefined : "the answers differ";
}

// A password is not for the transcript.
function describe({ route, variables }: Call): string {
  return "username" in variables ? `${route}(${variables["username"]})` : route;
}
