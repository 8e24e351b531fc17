/** Issues a token: claimgate, other packages, and the bare signature below them all. */
import { EMPTY_CALL, emptyCall } from "../harness/empty-call.ts";
import type { Case, Table } from "../harness/types.ts";
import type { Issuer } from "./issue/issuers.ts";
import type { Algorithm } from "./verify/algorithms.ts";

type Issuers = typeof import("./issue/issuers.ts");

const ISSUERS: Readonly<Record<string, (issuers: Issuers) => Issuer>> = {
  "fast-jwt": ({ fastJwt }) => fastJwt,
  claimgate: ({ claimgate }) => claimgate,
  "jose SignJWT": ({ jose }) => jose,
  "node:crypto alone": ({ bareCrypto }) => bareCrypto,
};

const ALGORITHMS: readonly Algorithm[] = ["HS256", "ES256", "EdDSA", "RS256"];

export const tables: readonly Table[] = ALGORITHMS.map((algorithm) => ({
  name: `issue/${algorithm}`,
  title: `an ${algorithm} token with a subject, a scope and six claims in all, one at a time`,
  base: "fast-jwt",
  unit: "token",
  netOf: EMPTY_CALL,
  cases: [
    emptyCall(),
    ...Object.entries(ISSUERS).map(([name, pick]): Case => {
      const load: Case["load"] = async () => (await import("./issue/load.ts")).loadIssuer(pick, algorithm);
      return { name, load };
    }),
  ],
  notes: ["node:crypto alone: the signature of a fixed text only, synchronous."],
}));
