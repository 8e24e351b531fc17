/** `currentToken()`: the token of the guarded call that is running, kept in an AsyncLocalStorage that `ambient: true` switches on. */
import { InvalidConfigError } from "../errors.ts";
import type { JWT } from "../tokens/token.ts";
import { loadBuiltin } from "../util/builtins.ts";

interface Storage {
  run<R, A extends unknown[]>(store: JWT | null, fn: (...args: A) => R, ...args: A): R;
  getStore(): JWT | null | undefined;
}

// The one piece of module state: a function without arguments has nowhere else to look.
const ambient: { storage: Storage | undefined } = { storage: undefined };

/**
 * Makes `currentToken()` work from here on. Throws `InvalidConfigError` where the runtime has no
 * AsyncLocalStorage.
 */
export function enableCurrentToken(): void {
  if (ambient.storage) return;
  const hooks = loadBuiltin("node:async_hooks") as { AsyncLocalStorage: new () => Storage } | undefined;
  if (!hooks) throw new InvalidConfigError("ambient", "this runtime has no AsyncLocalStorage");
  ambient.storage = new hooks.AsyncLocalStorage();
}

/** Calls `fn`, and whatever it calls, with `token` as the current one. */
export function runWithToken<R, A extends unknown[]>(token: JWT | null, fn: (...args: A) => R, ...args: A): R {
  return ambient.storage ? ambient.storage.run(token, fn, ...args) : fn(...args);
}

/**
 * Whether there is a current token at all: where there is not, nothing needs to be called by
 * `runWithToken`.
 */
export function isTokenAmbient(): boolean {
  return ambient.storage !== undefined;
}

/**
 * The verified token in a guarded procedure or resolver and whatever it calls; `null` elsewhere.
 * Throws `InvalidConfigError("ambient")` where no manager was built with `ambient: true`.
 */
export function currentToken(): JWT | null {
  if (!ambient.storage) throw new InvalidConfigError("ambient", "currentToken() needs a manager with ambient: true");
  return ambient.storage.getStore() ?? null;
}
