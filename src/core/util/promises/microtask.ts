/** `inNextMicrotask`: ends what holds for one moment. */

/**
 * Calls `end` in the next microtask. It must not throw. Fake timers of a test replace
 * `queueMicrotask`, so that a moment would not end; no test replaces promises.
 */
export function inNextMicrotask(end: () => void): void {
  // A new promise each time: on Cloudflare Workers, a promise belongs to one request.
  void Promise.resolve().then(end);
}
