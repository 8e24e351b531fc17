/** `currentToken()`: the token of the running guarded call, kept in an AsyncLocalStorage. */
import { InvalidConfigError } from "../errors.ts";
import type { JWT } from "../tokens/token.ts";
import { loadBuiltin } from "../util/builtins.ts";

interface Storage {
  run<R, A extends unknown[]>(store: JWT | null, fn: (...args: A) => R, ...args: A): R;
  getStore(): JWT | null | undefined;
}

// Module state, because `currentToken` takes no argument.
const ambient: { storage: Storage | undefined } = { storage: undefined };

/**
 * Enables `currentToken()` for the process. Throws `InvalidConfigError` if the runtime has no
 * AsyncLocalStorage.
 */
export function enableCurrentToken(): void {
  if (ambient.storage) return;
  const hooks = loadBuiltin("node:async_hooks") as { AsyncLocalStorage: new () => Storage } | undefined;
  if (!hooks)
    throw new InvalidConfigError("ambient", "must be left out, because this runtime has no AsyncLocalStorage");
  ambient.storage = new hooks.AsyncLocalStorage();
}

/** Calls `fn` with `token` as the current token, also in the functions that `fn` calls. */
export function runWithToken<R, A extends unknown[]>(token: JWT | null, fn: (...args: A) => R, ...args: A): R {
  return ambient.storage ? ambient.storage.run(token, fn, ...args) : fn(...args);
}

/** Whether `currentToken()` is enabled. If it is not, callers can skip `runWithToken`. */
export function isTokenAmbient(): boolean {
  return ambient.storage !== undefined;
}

/**
 * Returns the verified token of the running guarded procedure or resolver, also in the functions
 * that it calls. Returns `null` outside a guarded call, and for an anonymous caller.
 *
 * @throws `InvalidConfigError` if no manager of the process has `ambient: true`.
 * @example
 * ```ts
 * const auth = new AuthManager({ ...options, ambient: true });
 * const log = (text: string) => console.log(currentToken()?.sub, text);
 * ```
 */
export function currentToken(): JWT | null {
  if (!ambient.storage) throw new InvalidConfigError("ambient", "currentToken() needs a manager with ambient: true");
  return ambient.storage.getStore() ?? null;
}
