/** Why the tests cannot, or need not, notice the mutants that survive. */
import { AUTH } from "./auth.ts";
import { EXCHANGE } from "./exchange.ts";
import type { Explanation } from "./explanation.ts";
import { GRAPHQL } from "./graphql.ts";
import { REQUEST } from "./request.ts";
import { RULES } from "./rules.ts";
import { SESSIONS } from "./sessions.ts";
import { TRPC } from "./trpc.ts";

export const EXPLANATIONS: readonly Explanation[] = [
  ...AUTH,
  ...EXCHANGE,
  ...GRAPHQL,
  ...REQUEST,
  ...RULES,
  ...SESSIONS,
  ...TRPC,
];
