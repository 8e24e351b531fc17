/** Keys as text, the form that PyJWT reads. */
import { randomBytes } from "node:crypto";
import { ALGORITHMS, type Algorithm } from "claimgate/jwt";
import { CURVES, isEdwards, type KeyPair, makePair } from "../core/jwt/keys/key-kinds.ts";

/** A secret twice, or the PEM of a private and a public key. */
export interface TextKeys {
  readonly sign: string;
  readonly verify: string;
}

/** New keys for every algorithm. */
export function makeTextKeys(): Readonly<Record<Algorithm, TextKeys>> {
  const rsa = makePair("RSA");
  const keys = ALGORITHMS.map((algorithm): [Algorithm, TextKeys] => {
    if (algorithm.startsWith("HS")) {
      const secret = randomBytes(64).toString("base64url");
      return [algorithm, { sign: secret, verify: secret }];
    }
    if (isEdwards(algorithm)) return [algorithm, toPem(makePair("Ed25519"))];
    const curve = CURVES[algorithm as keyof typeof CURVES] as (typeof CURVES)[keyof typeof CURVES] | undefined;
    return [algorithm, toPem(curve === undefined ? rsa : makePair(curve))];
  });
  return Object.fromEntries(keys) as Record<Algorithm, TextKeys>;
}

function toPem({ privateKey, publicKey }: KeyPair): TextKeys {
  return {
    sign: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    verify: publicKey.export({ format: "pem", type: "spki" }) as string,
  };
}
