/** Text as HTTP compares and trims it: ASCII letters in any case, SP and HTAB around it, and nothing else. */

const NOT_ASCII = /[^\0-\x7f]/;

/**
 * `text` with its ASCII letters in lower case. `toLowerCase` turns other characters into ASCII
 * letters too: the Kelvin sign into "k" (RFC 9110, section 5.1: names are tokens, which are ASCII).
 */
export function lowerAscii(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether two texts are equal but for the case of ASCII letters. */
export function equalsIgnoringCase(a: string, b: string): boolean {
  return a === b || (a.length === b.length && lowerAscii(a) === lowerAscii(b));
}

/**
 * `text` without the optional whitespace around it (RFC 9110, section 5.6.3; RFC 6265bis, section
 * 5.6).
 */
export function trimOptionalWhitespace(text: string): string {
  // By hand: a regular expression for the end takes time that grows with the square of a run of
  // spaces.
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
