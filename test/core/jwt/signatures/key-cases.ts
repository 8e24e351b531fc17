/** JWKs that are wrong in one member. */
import type { Algorithm } from "claimgate/jwt";
import type { JWK } from "jose";
import { pairOf } from "./signers.ts";

/** A JWK, and how it is wrong. */
export interface KeyCase {
  readonly name: string;
  readonly jwk: JWK;
}

type Change = (value: string) => unknown;

const bytesOf = (text: string): Buffer => Buffer.from(text, "base64url");
const textOf = (...parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString("base64url");

function flipped(text: string, mask: number): string {
  const bytes = bytesOf(text);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ mask;
  return textOf(bytes);
}

// First the bytes of a member, then its text, then its type.
const CHANGES: Readonly<Record<string, Change>> = {
  "without its first byte": (text) => textOf(bytesOf(text).subarray(1)),
  "without its last byte": (text) => textOf(bytesOf(text).subarray(0, -1)),
  "after a zero": (text) => textOf(new Uint8Array(1), bytesOf(text)),
  "after 40 zeros": (text) => textOf(new Uint8Array(40), bytesOf(text)),
  "with another byte": (text) => textOf(bytesOf(text), Buffer.from([1])),
  "of 1": () => "AQ",
  "of 3": () => "Aw",
  "of zeros": (text) => textOf(new Uint8Array(bytesOf(text).length)),
  "of ones": (text) => textOf(new Uint8Array(bytesOf(text).length).fill(255)),
  // An even modulus.
  "with another last bit": (text) => flipped(text, 1),
  "with another bit": (text) => flipped(text, 2),
  "of no bytes": () => "",
  "with padding": (text) => `${text}==`,
  "in base64": (text) => Buffer.from(`${text}-_`, "base64url").toString("base64"),
  "with a space": (text) => `${text.slice(0, 4)} ${text.slice(4)}`,
  "with a line break": (text) => `${text}\n`,
  "of other characters": () => "!!!!",
  "of a number": () => 5,
  "of null": () => null,
  "in a list": (text) => [text],
  missing: () => undefined,
};

/** JWKs of `algorithm` that are wrong in one member, or have one of another key. */
export function wrongJwks(algorithm: Algorithm, half: "privateKey" | "publicKey"): readonly KeyCase[] {
  const own = pairOf(algorithm)[half].export({ format: "jwk" });
  const other = pairOf(algorithm, "other")[half].export({ format: "jwk" });
  return Object.keys(own).flatMap((member) => {
    const value = own[member] as string;
    const changed = Object.entries(CHANGES).map(([how, change]) => ({
      name: `${member} ${how}`,
      jwk: { ...own, [member]: change(value) },
    }));
    return [...changed, { name: `${member} of another key`, jwk: { ...own, [member]: other[member] } }];
  });
}

/** JWKs of `algorithm` with members that the allow-list leaves out. */
export function extendedJwks(algorithm: Algorithm, half: "privateKey" | "publicKey"): readonly KeyCase[] {
  const own = pairOf(algorithm)[half].export({ format: "jwk" });
  const foreign = ["n", "e", "x", "y", "k", "p"].filter((member) => !(member in own));
  return [
    ...foreign.flatMap((member) => [
      { name: `${member} of another kind of key`, jwk: { ...own, [member]: "AQAB" } },
      { name: `${member} that is not text`, jwk: { ...own, [member]: 5 } },
    ]),
    { name: "ext", jwk: { ...own, ext: false } },
    { name: "ext that is not a boolean", jwk: { ...own, ext: "yes" } as never },
    { name: "x5c", jwk: { ...own, x5c: ["AAAA"] } },
    { name: "a member of its own", jwk: { ...own, "urn:issuer": { since: 2020 } } as never },
    { name: "a __proto__", jwk: JSON.parse(`{"__proto__":{"d":"AQAB"},${JSON.stringify(own).slice(1)}`) as JWK },
  ];
}
