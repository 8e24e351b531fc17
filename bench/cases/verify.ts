/** Verifies a token: claimgate, other packages, and the bare primitives below them all. */
import { EMPTY_CALL, emptyCall } from "../harness/empty-call.ts";
import type { Case, Table, Work } from "../harness/types.ts";
import type { Algorithm } from "./verify/algorithms.ts";
import type { Contender } from "./verify/contenders.ts";
import type { Flavour } from "./verify/fixture.ts";
import type { Checks } from "./verify/prove.ts";

type Contenders = typeof import("./verify/contenders.ts");

interface Entry {
  readonly name: string;
  readonly pick: (contenders: Contenders) => Contender;
  readonly algorithms?: readonly Algorithm[];
  /** Default: all. "none" is for a case that verifies nothing. */
  readonly checks?: Checks | "none";
  readonly flavour?: Flavour;
  readonly note?: string;
}

/** More than claimgate's cache holds, so that it forgets each token before its next turn. */
const COLD_TOKENS = 10_240;
const WARM_TOKENS = 100;
const CACHE_MAX = 10_000;

const COLD: readonly Entry[] = [
  { name: "jose jwtVerify", pick: ({ jose }) => jose },
  { name: "claimgate, cache off", pick: ({ claimgate }) => claimgate(false) },
  {
    name: "claimgate, first sight",
    pick: ({ claimgate }) => claimgate(true),
    note: `${COLD_TOKENS.toLocaleString("en-US")} tokens in turn, more than the cache holds: each is looked up, verified and stored, and another one is dropped`,
  },
  { name: "fast-jwt", pick: ({ fastJwt }) => fastJwt({}) },
  {
    name: "jsonwebtoken",
    pick: ({ jsonwebtoken }) => jsonwebtoken,
    algorithms: ["HS256", "RS256", "ES256", "PS512"],
  },
  {
    name: "aws-jwt-verify",
    pick: ({ awsJwtVerify }) => awsJwtVerify,
    algorithms: ["RS256", "ES256", "EdDSA"],
    flavour: "oidc",
    note: "its tokens carry a kid, and a scope that is a string, as it requires",
  },
  {
    name: "node:crypto alone",
    pick: ({ bareCrypto }) => bareCrypto,
    checks: "signature",
    note: "the signature only: it decodes no part and checks no claim",
  },
];

const WARM: readonly Entry[] = [
  { name: "fast-jwt with its cache", pick: ({ fastJwt }) => fastJwt({ cache: CACHE_MAX }) },
  { name: "claimgate, warm", pick: ({ claimgate }) => claimgate(true) },
  {
    name: "fast-jwt keyed by the token",
    pick: ({ fastJwt }) => fastJwt({ cache: CACHE_MAX, cacheKeyBuilder: (token) => token }),
    note: "its option that keeps whole tokens in memory",
  },
  {
    name: "SHA-256 and a Map",
    pick: ({ bareCache }) => bareCache,
    checks: "none",
    note: "the least that a cache without whole tokens costs: no expiry, no bound",
  },
];

const ALGORITHMS: readonly Algorithm[] = ["HS256", "RS256", "ES256", "EdDSA", "PS512"];
const IN_BURSTS: readonly Algorithm[] = ["RS256", "ES256", "ES384"];

const bursts: Table = {
  name: "verify/bursts",
  title: "bursts of 64 tokens that are not in the cache, and how long another task has to wait",
  base: "claimgate, ES256",
  unit: "verify",
  cases: IN_BURSTS.map((algorithm) => ({
    name: `claimgate, ${algorithm}`,
    load: async () => (await import("./verify/bursts.ts")).loadBursts(algorithm, COLD_TOKENS),
  })),
  notes: ["Waiting: of messages that another thread sends to the process at random moments, until it reads them."],
};

export const tables: readonly Table[] = [
  ...ALGORITHMS.flatMap((algorithm) => [
    coldTable(algorithm, 1),
    coldTable(algorithm, 64),
    warmTable(algorithm, 1),
    warmTable(algorithm, 64),
  ]),
  bursts,
];

function coldTable(algorithm: Algorithm, inFlight: number): Table {
  return {
    name: `verify/${algorithm} cold${suffixOf(inFlight)}`,
    title: `an ${algorithm} token that is not in the cache, ${describe(inFlight)}`,
    base: "jose jwtVerify",
    unit: "verify",
    netOf: EMPTY_CALL,
    cases: [
      emptyCall(inFlight),
      ...COLD.filter((entry) => takes(entry, algorithm)).map((entry) =>
        toCase(entry, algorithm, inFlight, COLD_TOKENS),
      ),
    ],
  };
}

function warmTable(algorithm: Algorithm, inFlight: number): Table {
  return {
    name: `verify/${algorithm} warm${suffixOf(inFlight)}`,
    title: `an ${algorithm} token that was verified before, one of ${WARM_TOKENS} in turn, ${describe(inFlight)}`,
    base: "fast-jwt with its cache",
    unit: "verify",
    netOf: EMPTY_CALL,
    cases: [emptyCall(inFlight), ...WARM.map((entry) => toCase(entry, algorithm, inFlight, WARM_TOKENS))],
  };
}

function toCase(entry: Entry, algorithm: Algorithm, inFlight: number, count: number): Case {
  const { name, note } = entry;
  return { name, load: () => loadEntry(entry, algorithm, inFlight, count), ...(note === undefined ? {} : { note }) };
}

async function loadEntry(entry: Entry, algorithm: Algorithm, inFlight: number, count: number): Promise<Work> {
  const { openFixture } = await import("./verify/fixture.ts");
  const { proveVerify } = await import("./verify/prove.ts");
  const fixture = await openFixture(algorithm, count, entry.flavour);
  const { tokens } = fixture;
  const verify = await entry.pick(await import("./verify/contenders.ts"))(fixture);
  let turn = 0;
  return {
    inFlight,
    prove: async () => {
      if (entry.checks !== "none") await proveVerify(verify, fixture, entry.checks ?? "all");
    },
    call() {
      turn = turn + 1 === count ? 0 : turn + 1;
      return verify(tokens[turn] as string);
    },
  };
}

function takes({ algorithms = ALGORITHMS }: Entry, algorithm: Algorithm): boolean {
  return algorithms.includes(algorithm);
}

function suffixOf(inFlight: number): string {
  return inFlight === 1 ? "" : `, ${inFlight} at once`;
}

function describe(inFlight: number): string {
  return inFlight === 1 ? "one at a time" : `${inFlight} at once`;
}
