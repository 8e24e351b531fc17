/** Type equality for the type tests. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`: `holds<Equal<A, B>>()`. */
export const holds = <T extends true>(): T => true as T;
