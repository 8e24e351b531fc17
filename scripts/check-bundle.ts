/** Checks the bundled code of an installed package: its licences, names, state and stack traces. */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LICENCES_FILE, packageOf, readLicences } from "./bundled-packages.ts";
import { ENTRIES, readManifest } from "./project.ts";
import { type Ended, must, ROOT, run } from "./run.ts";

const WITHOUT_PEERS = ENTRIES.filter((entry) => !["claimgate/trpc", "claimgate/graphql"].includes(entry));

/**
 * Each entry exports its classes and functions under the names that stack traces show. A number may
 * tell a function from one of the same name in another file.
 */
const NAMES = `
for (const entry of ${JSON.stringify(WITHOUT_PEERS)})
  for (const [name, value] of Object.entries(await import(entry))) {
    if (typeof value !== "function") continue;
    const isClass = String(value).startsWith("class");
    if ((isClass ? value.name : value.name.replace(/\\d+$/, "")) !== name) throw new Error(entry + " names " + name + " " + value.name);
  }
`;

/** Entries share their classes, `require` gives those of `import`, zod's settings stay empty. */
const SHARED = `
import { createRequire } from "node:module";
const core = await import("claimgate");
const { auth } = (await import("claimgate/testing")).createTestAuth();
if (!(auth instanceof core.AuthManager)) throw new Error("claimgate/testing has an AuthManager of its own");
const { InvalidKeyError } = await import("claimgate/jwt");
if (InvalidKeyError !== core.InvalidKeyError) throw new Error("claimgate/jwt has errors of its own");
const required = createRequire(process.cwd() + "/x.js")("claimgate");
if (required.JWT !== core.JWT) throw new Error("require gives other classes than import");
const settings = Object.keys(globalThis.__zod_globalConfig ?? {});
if (settings.length > 0) throw new Error("claimgate must not set " + settings.join() + " of zod");
`;

/** Two copies of the package recognise each other's errors, and no others. */
const COPIES = `
const [one, other] = [await import("claimgate"), await import("claimgate-copy")];
if (one.AuthError === other.AuthError) throw new Error("there must be two copies");
const auth = new one.AuthManager({ issuer: "me", algorithm: "HS256", secret: "s".repeat(32) });
const rejected = await auth.forRequest({ headers: {} }).require().catch((error) => error);
if (!other.isAuthError(rejected)) throw new Error("a copy does not recognise " + rejected);
if (other.isAuthError(new Error("another"))) throw new Error("a copy recognises any error");
`;

const FAILS = `
const { AuthManager } = await import("claimgate");
new AuthManager({ issuer: 1, algorithm: "HS256" });
`;

/** Takes a project that has the package. Throws for a fault of the bundle. */
export function checkBundle(project: string): void {
  checkLicences(join(project, "node_modules/claimgate/dist"));
  must("the names of the exports", evaluate(project, NAMES));
  must("what the entries share", evaluate(project, SHARED));
  cpSync(join(project, "node_modules/claimgate"), join(project, "node_modules/claimgate-copy"), { recursive: true });
  must("two copies of the package", evaluate(project, COPIES));
  checkStackTraces(project);
}

/** The list equals the packages in the source maps, with the versions of this repository. */
function checkLicences(dist: string): void {
  const listed = readLicences(readFileSync(join(dist, LICENCES_FILE), "utf8"));
  const maps = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".map"));
  const sources = maps.flatMap(
    (file) => (JSON.parse(readFileSync(join(dist, file), "utf8")) as { readonly sources: string[] }).sources,
  );
  const bundled = [...new Set(sources.flatMap((source) => packageOf(source) ?? []))].toSorted();
  const expected = bundled.map((name) => `${name} ${readManifest(ROOT, name).version}`);
  const found = listed.map(({ name, version }) => `${name} ${version}`);
  if (found.join() !== expected.join())
    throw new Error(`${LICENCES_FILE} must list ${expected.join(", ")}, but lists ${found.join(", ")}`);
}

/** A stack trace has the names of the functions, and with the flag the files of the sources. */
function checkStackTraces(project: string): void {
  const expected: readonly (readonly [flags: readonly string[], frame: RegExp])[] = [
    [[], /at parseOptions \(.*claimgate\/dist\/chunks\/[\w-]+\.js:\d+/],
    [["--enable-source-maps"], /at .*parseOptions.* \(.*claimgate\/src\/core\/parse-options\.ts:\d+/],
  ];
  for (const [flags, frame] of expected) {
    const { output } = evaluate(project, FAILS, flags);
    if (!frame.test(output))
      throw new Error(`a stack trace with ${flags.join() || "no flag"} must have ${frame}:\n${output}`);
  }
}

/** `currentToken` of the main entry sees the token that a guard of a transport admitted. */
const AMBIENT = `
const { AuthManager, currentToken } = await import("claimgate");
const { createTRPCContext, authProcedures } = await import("claimgate/trpc");
const { createGraphQLContext, requireTokenDirective } = await import("claimgate/graphql");
const { initTRPC } = await import("@trpc/server");
const { buildSchema, graphql } = await import("graphql");
const auth = new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s".repeat(32), ambient: true });
const { signed } = await auth.authToken("ann");
const request = new Request("http://app.test", { headers: { authorization: "Bearer " + signed } });

const t = initTRPC.context().create();
const { protectedProcedure } = authProcedures(t.procedure);
const router = t.router({ me: protectedProcedure.query(() => currentToken()?.sub ?? null) });
const ctx = { auth: auth.forRequest(request) };
const me = await t.createCallerFactory(router)(ctx).me();
if (me !== "ann") throw new Error("claimgate/trpc has a state of its own: " + me);

const directive = requireTokenDirective();
const schema = directive.apply(buildSchema(directive.typeDefs + " type Query { me: String @requireToken }"));
const rootValue = { me: () => currentToken()?.sub };
const result = await graphql({ schema, source: "{ me }", contextValue: { auth: auth.forRequest(request) }, rootValue });
if (result.data?.me !== "ann") throw new Error("claimgate/graphql has a state of its own: " + JSON.stringify(result));
`;

/** Takes a project that has the package and its peers. */
export function checkSharedState(project: string): void {
  must("the state that the transports share", evaluate(project, AMBIENT));
}

function evaluate(cwd: string, code: string, flags: readonly string[] = []): Ended {
  return run(process.execPath, ["--no-warnings", ...flags, "--input-type=module", "-e", code], { cwd, capture: true });
}
