/** What Node's `util.inspect`, and so `console.log`, shows of an object that holds secrets. */

/**
 * Makes instances of `type` show what `toJSON` gives and nothing else, whatever the inspector was
 * asked for.
 */
export function hideFromInspect(type: { readonly name: string; readonly prototype: { toJSON(): unknown } }): void {
  Object.defineProperty(type.prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(
      this: { toJSON(): unknown },
      _depth: number,
      options: object,
      inspect: (value: unknown, options: object) => string,
    ) {
      return `${type.name} ${inspect(this.toJSON(), options)}`;
    },
  });
}
