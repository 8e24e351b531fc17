/** Reads DER: the tags and contents of its values, and the base64 and PEM around it. */

/** The tags of the values that keys consist of. */
export const TAGS = { integer: 0x02, bitString: 0x03, octetString: 0x04, sequence: 0x30 } as const;

/** A value of DER. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The values that `bytes` consist of; none if `bytes` are not DER. */
export function readDer(bytes: Uint8Array = new Uint8Array()): readonly DerValue[] {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] as number;
    const span = readSpan(bytes, tag, at);
    if (!span || span.start + span.length > bytes.length) return [];
    at = span.start + span.length;
    values.push({ tag, content: bytes.subarray(span.start, at) });
  }
  return values;
}

/** The values in a value that holds others; none if there is no such value. */
export function membersOf(value: DerValue | undefined): readonly DerValue[] {
  return readDer(value?.content);
}

/** The values in the SEQUENCE that `bytes` begin with; none if they begin with something else. */
export function sequenceIn(bytes: Uint8Array | undefined): readonly DerValue[] {
  const [value] = readDer(bytes);
  return value?.tag === TAGS.sequence ? membersOf(value) : [];
}

/** Whether `bytes` look like a key or a certificate. At most one random secret in 2^24 does. */
export function isDerKey(bytes: Uint8Array): boolean {
  // A SEQUENCE of the whole length that begins with a SEQUENCE (SPKI, X.509) or an INTEGER (PKCS#1,
  // PKCS#8, SEC1).
  const outer = readSpan(bytes, TAGS.sequence, 0);
  if (!outer || outer.start + outer.length !== bytes.length) return false;
  const inner = readSpan(bytes, TAGS.sequence, outer.start) ?? readSpan(bytes, TAGS.integer, outer.start);
  return inner !== undefined && inner.start + inner.length <= bytes.length && bytes.length >= 32;
}

/** The bytes of base64 with line breaks; none if `text` is not base64. */
export function decodeBase64(text: string): Uint8Array {
  let latin1: string;
  try {
    latin1 = atob(text.replace(/\s/g, ""));
  } catch {
    return new Uint8Array();
  }
  // Not a Buffer, because small buffers of Node share their memory.
  const bytes = new Uint8Array(latin1.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = latin1.charCodeAt(i);
  return bytes;
}

function readSpan(bytes: Uint8Array, tag: number, at: number): { start: number; length: number } | undefined {
  if (bytes[at] !== tag) return undefined;
  const first = bytes[at + 1];
  if (first === undefined || first === 0x80) return undefined;
  if (first < 0x80) return { start: at + 2, length: first };
  const count = first & 0x7f;
  if (count > 4) return undefined;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  return { start: at + 2 + count, length };
}
