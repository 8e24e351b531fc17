/** Claims in a Proxy that answers a check otherwise than a copy. */

/** Claims that have their members only after `checks` questions for a member. */
export function shyClaims(members: Record<string, unknown>, checks: number): Record<string, unknown> {
  let asked = 0;
  return new Proxy(members, {
    getOwnPropertyDescriptor: (target, key) =>
      asked++ < checks ? undefined : Reflect.getOwnPropertyDescriptor(target, key),
  });
}
