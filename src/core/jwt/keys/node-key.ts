/** Makes keys of `node:crypto` from JWKs that have passed the key checks. */
import type { JWK } from "jose";
import { decode } from "jose/base64url";
import { base64urlOfBytes, bytesOfBase64url } from "../../util/base64url.ts";
import type { Ecdh, NodeCrypto, NodeKey } from "../../util/builtins.ts";
import { withErrorContext } from "../../util/error-context.ts";
import { type KeyUse, unusableJwk } from "./key-checks.ts";
import { keyMembers } from "./members.ts";

const ECDH_NAMES: Readonly<Record<string, string>> = {
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};

/**
 * The key of a JWK. `undefined` if only WebCrypto can check the key. Throws `InvalidKeyError` if
 * the members do not make a key.
 */
export function createNodeKey(node: NodeCrypto, jwk: JWK, use: KeyUse): NodeKey | undefined {
  const input = { key: keyMembers(jwk, use), format: "jwk" } as const;
  const ecdh = use === "sign" && jwk.kty === "EC" ? createEcdh(node, jwk) : undefined;
  if (use === "sign" && jwk.kty === "EC" && !ecdh) return undefined;
  return withErrorContext(
    () => {
      if (use === "verify") return node.createPublicKey(input);
      const key = node.createPrivateKey(input);
      // As WebCrypto does: a signature must be valid for the public key of the same JWK.
      if (jwk.kty !== "RSA" && !isPair(jwk, key, ecdh))
        throw new TypeError("the public members do not belong to the private member");
      return key;
    },
    (cause) => unusableJwk(use, cause),
  );
}

// Deno lists P-521, but has no ECDH with it.
function createEcdh(node: NodeCrypto, { crv }: JWK): Ecdh | undefined {
  try {
    return node.createECDH(ECDH_NAMES[crv as string] as string);
  } catch {
    return undefined;
  }
}

/** Whether the public members of an EC or Ed25519 key belong to the private member. */
function isPair(jwk: JWK, key: NodeKey, ecdh: Ecdh | undefined): boolean {
  // Before the export, because Node 20 aborts at the export of a number that is too large.
  // `decode`, because small buffers of Node share their memory.
  ecdh?.setPrivateKey(decode(jwk.d as string));
  const { x, y } = key.export({ format: "jwk" });
  // node:crypto derives the public member of Ed25519, and keeps the given ones of EC.
  if (!ecdh) return base64urlOfBytes(bytesOfBase64url(jwk.x as string)) === x;
  const point = ecdh.getPublicKey();
  const half = (point.length + 1) / 2;
  return base64urlOfBytes(point.subarray(1, half)) === x && base64urlOfBytes(point.subarray(half)) === y;
}
