/** Reads the connection parameters of a WebSocket or a subscription once for all operations. */
import { lowerAscii } from "../util/ascii.ts";

/** The largest number of parameters that claimgate reads. Real clients send a handful. */
export const MAX_CONNECTION_PARAMS = 100;

/** Connection parameters, read once for all operations of their connection. */
export class ConnectionParams {
  readonly #params: Readonly<Record<string, unknown>>;
  #names: ReadonlyMap<string, readonly string[]> | undefined;
  #areTooMany: boolean | undefined;
  #tokens: readonly string[] | undefined;

  constructor(params: object) {
    this.#params = params as Readonly<Record<string, unknown>>;
  }

  /** Whether there are too many parameters to read, so that their credentials are unknown. */
  get areTooMany(): boolean {
    if (this.#areTooMany === undefined) this.#read();
    return this.#areTooMany === true;
  }

  /**
   * The values under a name. The name is in lower case, and matches keys in any ASCII case. The
   * list is empty if there are too many parameters.
   */
  values(name: string): readonly unknown[] {
    const names = this.#names ?? this.#read();
    return (names.get(name) ?? []).map((key) => this.#params[key]);
  }

  /**
   * The tokens that `read` finds in the values under these names. Later calls return the result of
   * the first call, whatever their arguments are.
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
 * Returns a function that wraps connection parameters. All operations of a connection get the same
 * `ConnectionParams`, even if the server makes a context for each operation.
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
