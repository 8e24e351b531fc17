/** PyJWT (Debian's python3-jwt) in its own process, which runs `pyjwt-peer.py`. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ALGORITHMS, type Algorithm } from "claimgate/jwt";

/** A token that PyJWT encodes. */
export interface EncodeRequest {
  readonly encode: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly algorithm: Algorithm;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** A token that PyJWT decodes; `options` are its keyword arguments. */
export interface DecodeRequest {
  readonly decode: string;
  readonly key: string;
  readonly algorithms: readonly Algorithm[];
  readonly options?: Readonly<Record<string, unknown>>;
}

/** The answer of PyJWT. */
export interface Answer {
  readonly token?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly message?: string;
}

const SCRIPT = fileURLToPath(new URL("./pyjwt-peer.py", import.meta.url));
// Debian's Python has Debian's packages, but another Python may come first in the path.
const PYTHONS = ["/usr/bin/python3", "python3"] as const;
/** The algorithms that PyJWT knows. It has only the older name of `Ed25519`. */
export const SHARED_ALGORITHMS: readonly Algorithm[] = ALGORITHMS.filter((algorithm) => algorithm !== "Ed25519");
const HAS_ALL = `import jwt, sys; sys.exit(not set(${JSON.stringify(SHARED_ALGORITHMS)}) <= set(jwt.algorithms.get_default_algorithms()))`;

const python = PYTHONS.find((path) => spawnSync(path, ["-c", HAS_ALL]).status === 0);

/** The reason why PyJWT cannot run, or `undefined`. */
export function whyNoPyJwt(): string | undefined {
  if (python !== undefined) return undefined;
  return `No Python here has PyJWT with all algorithms (tried ${PYTHONS.join(" and ")}): apt-get install python3-jwt python3-cryptography`;
}

/** A running PyJWT. */
export class PyJwt {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#process = spawn(python ?? "python3", [SCRIPT]);
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Its answer to one request. Requests are answered in order. */
  async ask(request: EncodeRequest | DecodeRequest): Promise<Answer> {
    const line = this.#lines.next();
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await line;
    if (done === true) throw new Error("PyJWT ended before it answered");
    return JSON.parse(value) as Answer;
  }

  /** Returns a token of PyJWT. Throws when PyJWT rejects the request. */
  async encode(
    claims: EncodeRequest["encode"],
    key: string,
    algorithm: Algorithm,
    headers: EncodeRequest["headers"] = {},
  ): Promise<string> {
    const { token, error, message } = await this.ask({ encode: claims, key, algorithm, headers });
    if (token === undefined) throw new Error(`PyJWT wrote no token: ${error}, ${message}`);
    return token;
  }

  /** Ends the process. */
  close(): void {
    this.#process.stdin.end();
  }
}
