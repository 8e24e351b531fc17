/** Placeholder so that the runner has something to run. */
import { EMPTY_CALL, emptyCall } from "../harness/empty-call.ts";
import type { Table } from "../harness/types.ts";

export const tables: readonly Table[] = [
  {
    name: "verify/trial",
    title: "trial",
    base: "one",
    unit: "call",
    netOf: EMPTY_CALL,
    cases: [
      emptyCall(),
      { name: "one", load: async () => ({ call: () => JSON.parse('{"a":[1,2,3]}') }) },
      { name: "two", load: async () => ({ call: async () => JSON.parse('{"a":[1,2,3]}') }) },
    ],
    goals: [
      { case: "two", atMost: 1.5 },
      { case: "two", of: "speedup", atLeast: 0.5 },
    ],
  },
];
