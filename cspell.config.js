/** The spelling check, `npm run words`: British English, the project's dictionary and word list. */
import { WORDS } from "./scripts/prose/word-list.js";

/** Files in which comments and strings must not use a word of the list. */
const WITHOUT_LISTED_WORDS = ["bench/**", "examples/**", "mutation/**", "scripts/**", "src/**"];

/** American spellings that a dictionary of code accepts in prose. */
const AMERICAN = ["behavior->behaviour", "canceled->cancelled", "favor->favour", "honor->honour", "labeled->labelled"];

export default {
  version: "0.2",
  language: "en-GB",
  useGitignore: true,
  files: ["{bench,docs,examples,mutation,scripts,src,test}/**/*.{css,html,js,md,ts,tsx}", "*.md"],
  ignorePaths: ["scripts/prose/word-list.js"],
  dictionaries: ["terms"],
  flagWords: AMERICAN,
  dictionaryDefinitions: [
    { name: "terms", path: "./scripts/prose/dictionary.txt" },
    { name: "test-words", path: "./scripts/prose/test-words.txt" },
  ],
  // Keys and tokens, and the expressions of templates.
  ignoreRegExpList: ["Base64", "/[\\w+/-]{40,}/g", "/\\beyJ[\\w.-]+/g", "/\\$\\{[^}]*\\}/g"],
  overrides: [
    { filename: "**/*.{js,ts,tsx}", includeRegExpList: ["CStyleComment", "string"] },
    { filename: "test/**", dictionaries: ["test-words"] },
    {
      filename: WITHOUT_LISTED_WORDS,
      flagWords: Object.entries(WORDS).map(([word, better]) => `${word}->${better.join(", ")}`),
    },
  ],
};
