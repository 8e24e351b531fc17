/** Everything that logging and serialising a value can show. */
import { inspect } from "node:util";

/** The value as text, by every inspector's option and every way to serialise it. */
export function shownOf(thing: unknown): string {
  const error = thing as Partial<Error> | null | undefined;
  return [
    inspect(thing, { depth: 10 }),
    inspect(thing, { depth: 10, showHidden: true }),
    inspect(thing, { depth: 10, showHidden: true, getters: true }),
    inspect({ wrapped: [thing] }, { depth: 10, showProxy: true }),
    JSON.stringify(thing) ?? "",
    JSON.stringify({ thing }),
    String(thing),
    `${error?.message} ${error?.stack}`,
  ].join("\n");
}
