/** Finds the block of a key in PEM text, and explains text that holds no usable key. */
import { InvalidKeyError } from "../errors.ts";
import { decodeBase64, isDerKey } from "./der.ts";
import { type KeyUse, wrongHalf } from "./key-checks.ts";

/** A block of PEM text. */
export interface PemBlock {
  /** The label of its BEGIN line, such as `PUBLIC KEY`. */
  readonly label: string;
  /** Its text, from the BEGIN line to the END line. */
  readonly text: string;
}

const BEGIN = /-----BEGIN ((?:RSA-PSS )?[A-Z0-9 ]+)-----/g;

/** Whether `text` has the BEGIN line of a PEM block. */
export function hasPemBegin(text: string): boolean {
  return text.search(BEGIN) >= 0;
}

/** Whether `text` is the base64 of PEM text: its first bytes are those of `-----BEGIN `. */
export function isPemBase64(text: string): boolean {
  return text.startsWith("LS0tLS1CRUdJTi");
}

/**
 * The block of the key for `use`; of several certificates the first, which is that of the key.
 * `undefined` if `text` is not PEM. Throws `InvalidKeyError` if no block, or more than one, is for
 * `use`.
 */
export function findPemBlock(text: string, use: KeyUse): PemBlock | undefined {
  // `openssl ecparam -genkey` writes the curve's parameters before the key.
  const blocks = readBlocks(text).filter(({ label }) => !label.endsWith(" PARAMETERS"));
  const half = use === "sign" ? "private" : "public";
  const ofHalf = blocks.filter(({ label }) => halfOf(label) === half);
  // OpenSSL skips a block that it cannot read, such as an encrypted key behind the key.
  const usable = ofHalf.filter((block) => faultOf(block) === undefined);
  const [block = ofHalf[0] ?? blocks[0]] = usable;
  if (!block) return undefined;
  if (ofHalf.length === 0 && blocks.some(({ label }) => halfOf(label))) throw wrongHalf(use);
  const fault = layoutFault(text) ?? faultOf(block);
  if (fault !== undefined) throw blockError(block, fault);
  if (usable.length > 1 && !usable.every(({ label }) => label === "CERTIFICATE"))
    throw new InvalidKeyError(`the PEM text has ${usable.length} ${half} keys: pass the text of one of them`);
  return block;
}

/** The bytes in a block; none if they are not base64. */
export function derOf({ text }: PemBlock): Uint8Array {
  return decodeBase64(text.replaceAll(/-----[^-]+(?:-PSS[^-]+)?-----/g, ""));
}

/** The fault of text that is not PEM, and its remedy. Never contains the text: it may be a key. */
export function describeNotPem(text: string, use: KeyUse): string {
  const bare = text.trim();
  if (bare === "") return "is empty: is its variable set?";
  if (isPemBase64(bare)) return "is the base64 of a PEM: decode it first";
  if (isDerKey(decodeBase64(bare))) {
    const label = use === "sign" ? "PRIVATE KEY" : "PUBLIC KEY";
    return `is the base64 of DER: put it between the lines -----BEGIN ${label}----- and -----END ${label}-----`;
  }
  if (bare.startsWith("{")) return "is JSON: for a JWK, pass JSON.parse(text)";
  // Common versions of ssh-keygen cannot convert an Ed25519 key.
  if (/^ssh-ed25519\s/.test(bare))
    return "is an OpenSSH public key: make a pair with npx claimgate keys generate keys.json --alg EdDSA";
  if (/^(ssh-|ecdsa-sha2-)\S+\s/.test(bare))
    return "is an OpenSSH public key: convert it with ssh-keygen -e -m PKCS8 -f key.pub";
  if (bare.startsWith("---- BEGIN SSH2 "))
    return "is an SSH2 public key: convert it with ssh-keygen -i -f key.pub > openssh.pub, then ssh-keygen -e -m PKCS8 -f openssh.pub";
  if (/^(\.{0,2}|~|[A-Za-z]:)[/\\]\S*$|^\S+\.(pem|key|pub|crt|cer|der|json)$/.test(bare))
    return 'looks like a path: pass readFileSync(path, "utf8")';
  if (hasPemBegin(bare)) return "holds only the parameters of a key: pass the key";
  return "is not PEM: pass PEM text, or a JWK as an object";
}

/** The error for a block that `node:crypto` cannot read. */
export function unreadablePem(block: PemBlock, cause: unknown): InvalidKeyError {
  const isOneLine = !/-----BEGIN [A-Z0-9 ]+-----[^\S\n]*\n/.test(block.text);
  const fault = isOneLine
    ? "is on one line: keep its line breaks, one after the BEGIN line and one before the END line"
    : "does not hold a usable key: check that it is complete, from its BEGIN line to its END line";
  return blockError(block, fault, cause);
}

// The older forms, which WebCrypto does not read.
const FOR_NODE: Readonly<Record<string, string>> = {
  "RSA PRIVATE KEY": "openssl pkcs8 -topk8 -nocrypt -in key.pem -out converted.pem",
  "EC PRIVATE KEY": "openssl pkcs8 -topk8 -nocrypt -in key.pem -out converted.pem",
  "RSA PUBLIC KEY": "openssl rsa -RSAPublicKey_in -in key.pem -pubout -out converted.pem",
};

/** Throws `InvalidKeyError` for a form of PEM that only `node:crypto` reads. */
export function checkWebPem(block: PemBlock): void {
  const command = FOR_NODE[block.label];
  if (command !== undefined) throw blockError(block, `cannot be read without node:crypto: convert it with ${command}`);
}

function readBlocks(text: string): PemBlock[] {
  return Array.from(text.matchAll(BEGIN), ({ 1: label = "", index }) => {
    const last = `-----END ${label}-----`;
    const end = text.indexOf(last, index);
    return { label, text: end < 0 ? text.slice(index) : `${text.slice(index, end)}${last}\n` };
  });
}

function halfOf(label: string): "private" | "public" | undefined {
  if (label.endsWith("PRIVATE KEY")) return "private";
  return label.endsWith("PUBLIC KEY") || label.endsWith("CERTIFICATE") ? "public" : undefined;
}

function layoutFault(text: string): string | undefined {
  if (/^\s*["'`]\s*-----BEGIN /.test(text)) return "is in quotation marks: remove them";
  if (/^[ \t]+-----(?:BEGIN|END) /m.test(text)) return "is indented: remove the spaces before its lines";
  return undefined;
}

const PASS_KEY = "pass the PEM of a key or of a certificate";
const OLD_CERTIFICATE =
  "is an older form of a certificate: convert it with openssl x509 -in old.pem -out certificate.pem";
const OLD_PSS = "has a label that only OpenSSL writes: write RSA in place of RSA-PSS in its BEGIN and END lines";
const REQUEST =
  "is the request for a certificate: pass the certificate, or the public key that openssl req -in request.pem -pubkey -noout prints";
const FAULTS: Readonly<Record<string, string>> = {
  "ENCRYPTED PRIVATE KEY": "is encrypted: decrypt it with openssl pkcs8 -topk8 -nocrypt -in key.pem -out decrypted.pem",
  "OPENSSH PRIVATE KEY":
    "is a key of OpenSSH: convert a copy of an RSA or EC key with ssh-keygen -p -m PKCS8 -f copy, or make a pair with npx claimgate keys generate keys.json",
  "DSA PRIVATE KEY": "is a DSA key, and no algorithm uses DSA: pass an RSA, EC or Ed25519 key",
  "RSA-PSS PRIVATE KEY": OLD_PSS,
  "RSA-PSS PUBLIC KEY": OLD_PSS,
  "TRUSTED CERTIFICATE": OLD_CERTIFICATE,
  "X509 CERTIFICATE": OLD_CERTIFICATE,
  "CERTIFICATE REQUEST": REQUEST,
  "NEW CERTIFICATE REQUEST": REQUEST,
  PKCS7: "is a list of certificates: extract them with openssl pkcs7 -in list.pem -print_certs -out certificates.pem",
};

function faultOf({ label, text }: PemBlock): string | undefined {
  if (/-----BEGIN [A-Z0-9 ]+-----\s*(?:\\+r)?\\+n/.test(text))
    return 'has \\n in place of line breaks, as in an environment variable: pass text.replaceAll("\\\\n", "\\n")';
  if (/^Proc-Type: 4,ENCRYPTED/m.test(text)) return FAULTS["ENCRYPTED PRIVATE KEY"];
  return FAULTS[label] ?? (halfOf(label) ? undefined : `is not a key: ${PASS_KEY}`);
}

function blockError({ label }: PemBlock, fault: string, cause?: unknown): InvalidKeyError {
  return new InvalidKeyError(`the PEM block "${label}" ${fault}`, { cause });
}
