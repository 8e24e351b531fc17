/** Finds the label of a key in PEM text, and explains PEM text that cannot be read. */
import { InvalidKeyError } from "../errors.ts";

const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/** The label of the key in `text`, such as `PUBLIC KEY`; `undefined` if `text` is not PEM. */
export function findPemLabel(text: string): string | undefined {
  const labels = Array.from(text.matchAll(BEGIN), (match) => match[1] as string);
  // `openssl ecparam -genkey` writes the curve's parameters before the key.
  return labels.find((label) => !label.endsWith(" PARAMETERS"));
}

/** The fault of text that is not PEM, and its remedy. Never contains the text: it may be a key. */
export function describeNotPem(text: string): string {
  const bare = text.trim();
  if (bare === "") return "is empty: is its variable set?";
  // The first bytes of "-----BEGIN " in base64.
  if (bare.startsWith("LS0tLS1CRUdJTi")) return "is the base64 of a PEM: decode it first";
  if (bare.startsWith("{")) return "is JSON: for a JWK, pass JSON.parse(text)";
  // Common versions of ssh-keygen cannot convert an Ed25519 key.
  if (/^ssh-ed25519\s/.test(bare))
    return "is an OpenSSH public key: make a pair with npx claimgate keys generate keys.json --alg EdDSA";
  if (/^(ssh-|ecdsa-sha2-)\S+\s/.test(bare))
    return "is an OpenSSH public key: convert it with ssh-keygen -e -m PKCS8 -f key.pub";
  if (/^(\.{0,2}|~|[A-Za-z]:)[/\\]\S*$|^\S+\.(pem|key|pub|crt|cer|der|json)$/.test(bare))
    return 'looks like a path: pass readFileSync(path, "utf8")';
  return "is not PEM: pass PEM text, or a JWK as an object";
}

/**
 * Throws `InvalidKeyError` for a quoted or encrypted key, and for PEM with `\n` in place of line
 * breaks.
 */
export function checkPem(text: string, label: string): void {
  const fault = faultOf(text, label);
  if (fault !== undefined) throw new InvalidKeyError(`the PEM block "${label}" ${fault}`);
}

/** The error for PEM that `node:crypto` cannot read. */
export function unreadablePem(text: string, label: string, cause: unknown): InvalidKeyError {
  const isOneLine = !/-----BEGIN [A-Z0-9 ]+-----[^\S\n]*\n/.test(text);
  const otherFault = isOneLine
    ? "is on one line: keep its line breaks, one after the BEGIN line and one before the END line"
    : "does not hold a usable key: check that it is complete, from its BEGIN line to its END line";
  const fault = faultOf(text, label) ?? otherFault;
  return new InvalidKeyError(`the PEM block "${label}" ${fault}`, { cause });
}

function faultOf(text: string, label: string): string | undefined {
  if (/^\s*["'`]\s*-----BEGIN /.test(text)) return "is in quotation marks: remove them";
  if (/-----BEGIN [A-Z0-9 ]+-----\s*(?:\\+r)?\\+n/.test(text))
    return 'has \\n in place of line breaks, as in an environment variable: pass text.replaceAll("\\\\n", "\\n")';
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: 4,ENCRYPTED/m.test(text))
    return "is encrypted: decrypt it with openssl pkcs8 -topk8 -nocrypt -in key.pem -out decrypted.pem";
  return undefined;
}
