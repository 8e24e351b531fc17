/** The smoke program: the main features on this runtime and these peers, reported as JSON. */
import { createChecks } from "./checks.ts";
import { checkGraphQL } from "./graphql-checks.ts";
import { checkIncremental } from "./incremental-checks.ts";
import { checkAmbientIsOff, checkTokens } from "./jwt-checks.ts";
import { checkSessionsOnServers } from "./session-server.ts";
import { checkTRPC } from "./trpc-checks.ts";

const { check, report } = createChecks();
await checkAmbientIsOff(check);
await checkTokens(check);
await checkTRPC(check);
await checkGraphQL(check);
await checkIncremental(check);
await checkSessionsOnServers(check);

// Exits explicitly, because a failed check may leave handles that keep the process alive.
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(report.failed.length === 0 ? 0 : 1));
