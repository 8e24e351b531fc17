/** The loaders of the `responses` suites: some give a custom text, others an unusable one. */
import type { AuthError, RefusalLoader, ResponseLoaders } from "claimgate";

/** Loaders whose text names the loader and the reason. */
export const speaking: ResponseLoaders = {
  expired: ({ reason }) => ({ message: `Expired: ${reason}`, extensions: { kind: "expired", hint: { login: true } } }),
  invalid: ({ reason }) => ({ message: `Invalid: ${reason}`, extensions: { kind: "invalid" } }),
  unauthorized: ({ reason }) => ({ message: `Unauthorized: ${reason}`, extensions: { kind: "unauthorized" } }),
};

/** The same loader for every kind. */
export function everyKind(loader: RefusalLoader): ResponseLoaders {
  return { expired: loader, invalid: loader, unauthorized: loader };
}

const circular: Record<string, unknown> = {};
circular["self"] = circular;

/** Loaders whose result is unusable or cannot be sent, so that the standard text stays. */
export const unusable: readonly [what: string, loader: (error: AuthError) => unknown][] = [
  [
    "throws",
    () => {
      throw new Error("the dictionary is gone");
    },
  ],
  ["gives a promise", async () => ({ message: "later" })],
  ["gives a promise that rejects", () => Promise.reject(new Error("later"))],
  ["gives nothing", () => undefined],
  ["gives null", () => null],
  ["gives text", () => "words"],
  ["gives a list", () => ["words"]],
  ["gives a message that is not a text", () => ({ message: 42 })],
  ["gives a blank message", () => ({ message: "" })],
  ["gives extensions that are not an object", () => ({ extensions: "extra" })],
  ["gives extensions that are a list", () => ({ extensions: ["extra"] })],
  ["gives extensions that JSON cannot express", () => ({ message: "words", extensions: { extra: 1n } })],
  ["gives circular extensions", () => ({ message: "words", extensions: { circular } })],
  ["gives a message whose getter throws", () => Object.defineProperty({}, "message", { get: fail })],
  ["gives extensions whose toJSON throws", () => ({ message: "words", extensions: { extra: { toJSON: fail } } })],
];

function fail(): never {
  throw new Error("not now");
}
