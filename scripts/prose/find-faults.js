/** Finds the faults of a text: clause openers, long sentences, and phrases of the word list. */
import { CLAUSE_OPENERS, MAX_WORDS, PHRASES } from "./word-list.js";

const OPENER = new RegExp(`^(?:${CLAUSE_OPENERS.join("|")})\\b`);

/**
 * @param {string} text prose; code in backticks counts as one word
 * @returns {string[]} a message for each fault
 */
export function findFaults(text) {
  const faults = [];
  const plain = text.replaceAll(/`[^`]*`/g, "code").replaceAll(/\{@link ([^}]*)\}/g, "$1");
  for (const [phrase, remedy] of PHRASES) {
    const found = phrase.exec(plain);
    if (found) faults.push(`"${found[0]}": ${remedy}`);
  }
  for (const sentence of sentencesOf(plain)) {
    const opener = OPENER.exec(sentence);
    if (opener && !sentence.endsWith("?"))
      faults.push(`a sentence begins with "${opener[0]}": begin with a noun or a verb`);
    const words = sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
    if (words > MAX_WORDS)
      faults.push(`a sentence has ${words} words, more than ${MAX_WORDS}: "${sentence.slice(0, 40)}..."`);
  }
  return faults;
}

/**
 * @param {string} text
 * @returns {string[]}
 */
function sentencesOf(text) {
  return text
    .split(/(?<=[.!?]["')]?)\s+(?=[\p{Lu}"'(`\d]|code\b)|\n\s*\n|\n\s*[-*] /u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}
