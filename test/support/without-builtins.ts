/** Runs code as on a runtime without Node built-ins, where WebCrypto computes the signatures. */

const isHidden = (): boolean => process.getBuiltinModule("node:crypto") === undefined;

/** A way to run code: the implementation of the signatures of the keys that it prepares. */
export type Implementation = <T>(work: () => T) => T;

/**
 * Returns the result of `work`, which does not see `process.getBuiltinModule`. A key that `work`
 * prepares uses WebCrypto from then on. Throws if other such work has not ended.
 */
export const withoutBuiltins: Implementation = <T>(work: () => T): T => {
  if (isHidden()) throw new Error("the built-ins are hidden already: wait for the other work");
  const original = process.getBuiltinModule;
  const restore = (): void => void (process.getBuiltinModule = original);
  process.getBuiltinModule = () => undefined;
  let isPending = false;
  try {
    if (!isHidden()) throw new Error("the built-ins cannot be hidden on this runtime");
    const result = work();
    isPending = result instanceof Promise;
    return isPending ? ((result as Promise<unknown>).finally(restore) as T) : result;
  } finally {
    if (!isPending) restore();
  }
};

const withBuiltins: Implementation = (work) => {
  if (isHidden()) throw new Error("the built-ins are hidden: wait for the other work");
  return work();
};

/** Both implementations, by name. */
export const IMPLEMENTATIONS: Readonly<Record<"node:crypto" | "WebCrypto", Implementation>> = {
  "node:crypto": withBuiltins,
  WebCrypto: withoutBuiltins,
};
