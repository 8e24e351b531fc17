/** Hides the secrets of objects from Node's `util.inspect`, hence from `console.log`. */

/**
 * Makes `util.inspect` show only the result of `toJSON` for instances of `type`, whatever its
 * options are.
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
