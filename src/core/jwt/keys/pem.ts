/** Finds the label of a key in PEM text, and explains PEM text that cannot be read. */
import { InvalidKeyError } from "../errors.ts";

const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/** The label of the key in `text`, such as `PUBLIC KEY`; `undefined` if `text` is not PEM. */
export function findPemLabel(text: string): string | undefined {
  const labels = Array.from(text.matchAll(BEGIN), (match) => match[1] as string);
  // `openssl ecparam -genkey` writes the curve's parameters before the key.
  return labels.find((label) => !label.endsWith(" PARAMETERS"));
}

/** Throws `InvalidKeyError` for an encrypted key, and for PEM with `\n` in place of line breaks. */
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
  if (/-----BEGIN [A-Z0-9 ]+-----\s*(?:\\+r)?\\+n/.test(text))
    return 'has \\n in place of line breaks, as in an environment variable: pass text.replaceAll("\\\\n", "\\n")';
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: 4,ENCRYPTED/m.test(text))
    return "is encrypted: decrypt it with openssl pkcs8 -topk8 -nocrypt -in key.pem -out decrypted.pem";
  return undefined;
}
