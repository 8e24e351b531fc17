/** The connection parameters of a WebSocket or a subscription, of which a client may send any number. `credentials` reads the token in them. */
import { lowerAscii } from "../util/ascii.ts";

/** The most parameters that are read; clients send a handful. */
export const MAX_CONNECTION_PARAMS = 100;

/** Connection parameters that are read once, however many operations their connection has. */
export class ConnectionParams {
  readonly #params: Readonly<Record<string, unknown>>;
  #names: ReadonlyMap<string, readonly string[]> | undefined;
  #areTooMany: boolean | undefined;
  #tokens: readonly string[] | undefined;

  constructor(params: object) {
    this.#params = params as Readonly<Record<string, unknown>>;
  }

  /**
   * Whether there are more of them than are read, so that a credential among them cannot be told.
   */
  get areTooMany(): boolean {
    if (this.#areTooMany === undefined) this.#read();
    return this.#areTooMany === true;
  }

  /**
   * The values under a name, which is in lower case, in any case of its ASCII letters; none where
   * there are too many parameters.
   */
  values(name: string): readonly unknown[] {
    const names = this.#names ?? this.#read();
    return (names.get(name) ?? []).map((key) => this.#params[key]);
  }

  /**
   * The tokens that `read` finds in the values under these names. They are read once, with the
   * `read` of the first call.
   */
  tokens(names: readonly string[], read: (value: unknown) => readonly string[]): readonly string[] {
    this.#tokens ??= names.flatMap((name) => this.values(name)).flatMap(read);
    return this.#tokens;
  }

  #read(): ReadonlyMap<string, readonly string[]> {
    const keys = Object.keys(this.#params);
    this.#areTooMany = keys.length > MAX_CONNECTION_PARAMS;
    const names = new Map<string, string[]>();
    for (const key of this.#areTooMany ? [] : keys) {
      const name = lowerAscii(key);
      const same = names.get(name);
      if (same) same.push(key);
      else names.set(name, [key]);
    }
    this.#names = names;
    return names;
  }
}

/**
 * Opens connection parameters; the same ones for every operation of their connection, where a
 * server makes a context for each. They are remembered as long as the server keeps the object that
 * the client sent.
 */
export function createParamsReader(): (params: unknown) => ConnectionParams | undefined {
  const known = new WeakMap<object, ConnectionParams>();
  return (params) => {
    if (typeof params !== "object" || params === null) return undefined;
    let opened = known.get(params);
    if (!opened) known.set(params, (opened = new ConnectionParams(params)));
    return opened;
  };
}
