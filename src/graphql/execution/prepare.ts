/** Verifies the token of an operation before it executes, so that no field waits for it. */

import { authIn } from "../../core/request/auth-in.ts";
import type { MaybePromise } from "../../core/util/promises/maybe-promise.ts";
import { createPlanReader, type OperationArgs } from "./operation-plans.ts";

/** An operation that a server is going to execute, and its context. */
export interface PrepareArgs extends OperationArgs {
  /** The context that `createGraphQLContext` made, or any other context with its `auth`. */
  readonly contextValue?: unknown;
}

/**
 * Verifies the token that the operation needs, and settles when the operation can execute. Returns
 * `undefined` if there is nothing to wait for. Never rejects a caller: the guards of the fields do
 * that.
 */
export type Prepare = (args: PrepareArgs) => MaybePromise<void>;

/** Creates a `Prepare`, which verifies no token for an operation without guards. */
export function createPrepare(): Prepare {
  const readPlans = createPlanReader();
  return (args) => {
    const gate = authIn(args.contextValue)?.["~gate"];
    if (!gate) return undefined;
    let waiting: Promise<unknown> | undefined;
    for (const plan of readPlans(args)) {
      const prepared = gate.prepare(plan);
      if (prepared) waiting = waiting ? Promise.all([waiting, prepared]) : prepared;
    }
    return waiting?.then(() => undefined);
  };
}
