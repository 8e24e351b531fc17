/** The project's word list: words and phrases that the prose checks reject, and better ones. */

/** A sentence may not begin with these: they open a clause in the place of a noun. */
export const CLAUSE_OPENERS = ["What", "Who", "Whoever", "Whom", "Whose", "Whatever", "Where", "Wherever", "Of"];

/** The most words a sentence may have. */
export const MAX_WORDS = 25;

/**
 * Single words to avoid, and their replacements. `cspell.config.js` rejects them as well.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const WORDS = {
  nobody: ["no caller", "no one"],
  anybody: ["any caller", "anonymous callers"],
  somebody: ["a caller", "another caller"],
  whoever: ["any caller that", "the client that"],
  refuse: ["reject"],
  refuses: ["rejects"],
  refused: ["rejected"],
  refusing: ["rejecting"],
};

/**
 * Phrases to avoid, as regular expressions, and their remedies.
 * @type {readonly (readonly [RegExp, string])[]}
 */
export const PHRASES = [
  ...Object.entries(WORDS).map(([word, better]) => [new RegExp(`\\b${word}\\b`, "i"), remedyOf(better)]),
  [/\b(?:is|are|was|were) none\b/i, 'say "is not ..." or name the thing'],
  [/(?<!\bthere )\b(?:is|are|was|were) no\b(?! longer| more)/i, 'write "is not a ..." or "there is no ..."'],
  [/\b(?:stand|stands|stood|standing)\b(?! for\b)/i, 'write "is", "applies" or "is valid"'],
  [/\b(?:is|are|was|were|be|been|being) asked\b/i, "name the caller and use the active voice"],
  [/\b(?:is|are|was|were|be|been|being) told\b/i, "name the caller and use the active voice"],
  [/\bone's own\b/i, 'write "your own" or "its own"'],
  [/\bheld against\b/i, 'write "compared with"'],
  [/\b(?:let|lets|letting) (?:\w+ )?(?:in|pass)\b(?! (?:the|a|an|its|one)\b)/i, 'write "accept" or "admit"'],
  [/\b(?:good|bad) (?:auth |refresh |access )?tokens?\b/i, 'write "valid" or "invalid"'],
  [/\bnothing less\b/i, "say the condition"],
  [/\bpromises? on (?:its|their) way\b/i, 'write "pending promise"'],
];

/** @param {readonly string[]} better */
function remedyOf(better) {
  return `write ${better.map((word) => `"${word}"`).join(" or ")}`;
}
