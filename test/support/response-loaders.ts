/** What the suites of `responses` share: loaders that speak up, and loaders whose words cannot be had. */
import type { AuthError, RefusalLoader, ResponseLoaders } from "claimgate";

/** Loaders that say which of them was asked, and about what. */
export const speaking: ResponseLoaders = {
  expired: ({ reason }) => ({ message: `Expired: ${reason}`, extensions: { kind: "expired", hint: { login: true } } }),
  invalid: ({ reason }) => ({ message: `Invalid: ${reason}`, extensions: { kind: "invalid" } }),
  unauthorized: ({ reason }) => ({ message: `Unauthorized: ${reason}`, extensions: { kind: "unauthorized" } }),
};

/** A loader of one's own for every kind. */
export function everyKind(loader: RefusalLoader): ResponseLoaders {
  return { expired: loader, invalid: loader, unauthorized: loader };
}

const circular: Record<string, unknown> = {};
circular["self"] = circular;

/** What is no words, or cannot be sent: it leaves those that stand. */
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
  ["gives a message that is none", () => ({ message: 42 })],
  ["gives a blank message", () => ({ message: "" })],
  ["gives extensions that are none", () => ({ extensions: "extra" })],
  ["gives extensions that are a list", () => ({ extensions: ["extra"] })],
  ["gives what cannot be sent", () => ({ message: "words", extensions: { extra: 1n } })],
  ["gives what holds itself", () => ({ message: "words", extensions: { circular } })],
  ["gives what throws when it is read", () => Object.defineProperty({}, "message", { get: fail })],
  ["gives what throws when it is sent", () => ({ message: "words", extensions: { extra: { toJSON: fail } } })],
];

function fail(): never {
  throw new Error("not now");
}
