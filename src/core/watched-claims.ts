/** Claims that note each one that is read. */
import type { JwtPayload } from "./jwt/compact.ts";

/** Values of claims, by path: `["realm"]["id"]`. */
export type Values = ReadonlyMap<string, unknown>;

/** Claims as one run of a function sees them. */
export interface Watched {
  readonly claims: JwtPayload;
  /** The claims that were read so far, and their values: those that are absent too. */
  readonly read: Values;
  /** Whether all members of the claims, or of an object in them, were asked for: a copy of them is not watched. */
  wasCopied(): boolean;
}

/** A payload that is read in several runs. */
export interface Watch {
  /** The claims for one run, with other values in the place of some. Nothing can be written to them; an object in them cannot become text. */
  open(values: Values): Watched;
  /** How many runs and reads there were so far. */
  steps(): number;
}

export function createWatch(payload: JwtPayload): Watch {
  // A copy: a proxy of what is frozen has to show the very objects in it.
  const shadow = structuredClone(payload);
  let steps = 0;
  const open = (values: Values): Watched => {
    steps++;
    const read = new Map<string, unknown>();
    let isCopied = false;
    const watch = (target: object, path: string): object => {
      const show = (key: PropertyKey): unknown => {
        steps++;
        if (isConversion(key)) return refuseConversion;
        const value: unknown = Reflect.get(target, key, target);
        const isOwn = Object.hasOwn(target, key);
        if (typeof key === "symbol" || (!isOwn && value !== undefined)) return value;
        // By steps, so that the claim "a.b" is not the member "b" of "a".
        const place = `${path}[${JSON.stringify(key)}]`;
        if (typeof value === "object" && value !== null) return watch(value, place);
        read.set(place, value);
        return values.has(place) ? values.get(place) : value;
      };
      return new Proxy(target, {
        set: () => false,
        defineProperty: () => false,
        deleteProperty: () => false,
        setPrototypeOf: () => false,
        preventExtensions: () => false,
        get: (_, key) => show(key),
        ownKeys() {
          isCopied ||= !Array.isArray(target);
          return Reflect.ownKeys(target);
        },
        getOwnPropertyDescriptor(_, key) {
          const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
          // A list's length is fixed, and no claim.
          return descriptor?.configurable ? { ...descriptor, value: show(key) } : descriptor;
        },
      });
    };
    return { claims: watch(shadow, "") as JwtPayload, read, wasCopied: () => isCopied };
  };
  return { open, steps: () => steps };
}

function isConversion(key: PropertyKey): boolean {
  return key === Symbol.toPrimitive || key === "toString" || key === "toLocaleString" || key === "toJSON";
}

function refuseConversion(): never {
  throw new TypeError("A claim that is an object cannot be a part of the subject; name the member");
}
