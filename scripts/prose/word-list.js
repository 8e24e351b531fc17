/** The project's word list: the phrases that the prose check rejects, each with a better one. */

/** A sentence may not begin with these: they open a clause in the place of a noun. */
export const CLAUSE_OPENERS = ["What", "Who", "Whoever", "Whom", "Whose", "Whatever", "Where", "Wherever", "Of"];

/** The most words a sentence may have. */
export const MAX_WORDS = 25;

/**
 * Phrases to avoid, as regular expressions, and their remedies.
 * @type {readonly (readonly [RegExp, string])[]}
 */
export const PHRASES = [
  [/\b(?:is|are|was|were) none\b/i, 'say "is not ..." or name the thing'],
  [
    /(?<!\bthere )(?<!\bthere )\b(?:is|are|was|were) no\b(?! longer| more)/i,
    'write "is not a ..." or "there is no ..."',
  ],
  [/\b(?:stand|stands|stood|standing)\b(?! for\b)/i, 'write "is", "applies" or "is valid"'],
  [/\bnobody\b/i, 'write "no caller" or "no one", or name the subject'],
  [/\banybody\b/i, 'write "any caller" or "anonymous callers"'],
  [/\bsomebody\b/i, 'write "a caller", "another caller"'],
  [/\b(?:is|are|was|were|be|been|being) asked\b/i, "name the caller and use the active voice"],
  [/\b(?:is|are|was|were|be|been|being) told\b/i, "name the caller and use the active voice"],
  [/\bone's own\b/i, 'write "your own" or "its own"'],
  [/\bheld against\b/i, 'write "compared with"'],
  [/\b(?:let|lets|letting) (?:\w+ )?(?:in|pass)\b(?! (?:the|a|an|its|one)\b)/i, 'write "accept" or "admit"'],
  [/\brefus(?:e|es|ed|ing)\b/i, 'write "reject"'],
  [/\b(?:good|bad) (?:auth |refresh |access )?tokens?\b/i, 'write "valid" or "invalid"'],
  [/\bnothing less\b/i, "say the condition"],
  [/\bpromises? on (?:its|their) way\b/i, 'write "pending promise"'],
];
