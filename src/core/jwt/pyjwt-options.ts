/** Rejects the option names of PyJWT, with an error that gives claimgate's name. */

// Other names differ only in their case: verify_exp is verifyExp.
const REMEDIES: Readonly<Record<string, string>> = {
  verify: "verifySignature",
  enforce_minimum_key_length: "allowWeakSecret: true",
  require_exp: 'require: ["exp"]',
  require_iat: 'require: ["iat"]',
  require_nbf: 'require: ["nbf"]',
  ssl_context: "fetch",
};
const NOT_AVAILABLE: readonly string[] = [
  "sort_headers",
  "detached_payload",
  "is_payload_detached",
  "max_cached_keys",
  "cache_jwk_set",
];

/** Throws `TypeError` for an option name of PyJWT, and for PyJWT's dictionary `options`. */
export function checkPyJwtNames(
  of: string,
  options: Readonly<Record<string, unknown>>,
  known: readonly string[],
): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const remedy =
      name === "options" ? remedyForDictionary(options[name], known) : remedyFor(name, options[name], known);
    if (remedy !== undefined) throw new TypeError(`${of} has no option "${name}": ${remedy}`);
  }
}

function remedyForDictionary(options: unknown, known: readonly string[]): string | undefined {
  const given = Object.entries(options ?? {}).map(([name, value]) => nameOf(name, value, known));
  const members = given.filter((member) => member !== undefined).join(", ");
  if (members !== "") return `pass ${members} at the top level`;
  return known.includes("verifyExp") ? "pass verifyExp: false at the top level" : undefined;
}

function remedyFor(name: string, value: unknown, known: readonly string[]): string | undefined {
  if (NOT_AVAILABLE.includes(name)) return "claimgate does not have this option of PyJWT; leave it out";
  const ours = nameOf(name, value, known);
  return ours === undefined ? undefined : `pass ${ours}`;
}

/** claimgate's name of the option `name` of PyJWT, with the value if that is a boolean. */
function nameOf(name: string, value: unknown, known: readonly string[]): string | undefined {
  const ours = Object.hasOwn(REMEDIES, name)
    ? (REMEDIES[name] as string)
    : name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (!known.includes(ours.replace(/:.*/, ""))) return undefined;
  return typeof value === "boolean" && !ours.includes(":") ? `${ours}: ${value}` : ours;
}
