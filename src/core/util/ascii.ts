/** Comparison and trimming of text by the rules of HTTP: ASCII letters, SP and HTAB only. */

const NOT_ASCII = /[^\0-\x7f]/;

/**
 * Returns `text` with its ASCII letters in lower case. `toLowerCase` would also change other
 * characters, and turn some into ASCII letters, such as the Kelvin sign into "k".
 *
 * @see RFC 9110, section 5.1
 */
export function lowerAscii(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether two texts are equal, regardless of the case of ASCII letters. */
export function equalsIgnoringCase(a: string, b: string): boolean {
  return a === b || (a.length === b.length && lowerAscii(a) === lowerAscii(b));
}

/**
 * Returns `text` without the optional whitespace around it.
 *
 * @see RFC 9110, section 5.6.3, and RFC 6265bis, section 5.6
 */
export function trimOptionalWhitespace(text: string): string {
  // A regular expression could take quadratic time in a long run of spaces.
  let start = 0;
  let end = text.length;
  while (start < end && isOptionalWhitespace(text, start)) start++;
  while (end > start && isOptionalWhitespace(text, end - 1)) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** Whether the character at `index` is SP or HTAB. */
export function isOptionalWhitespace(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === 0x20 || code === 0x09;
}
