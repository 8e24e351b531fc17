/** Has a token verified before the operation begins that asks for it: once it has begun, each field of a list would wait for itself. */

import { authIn } from "../../core/request/request-auth.ts";
import type { MaybePromise } from "../../core/util/maybe-promise.ts";
import { createPlanReader, type OperationArgs } from "./operation-plans.ts";

/** An operation, as servers are about to execute it. */
export interface PrepareArgs extends OperationArgs {
  /** The context that `createGraphQLContext` made, or one that holds its `auth`. */
  readonly contextValue?: unknown;
}

/**
 * Settles when the operation can begin, at once where nothing has to be waited for; what is to be
 * refused is refused by its field. Never throws.
 */
export type Prepare = (args: PrepareArgs) => MaybePromise<void>;

/**
 * A `Prepare` with a memory of documents. An operation that asks for no token has none verified.
 */
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
