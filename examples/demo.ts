/** `npm run demo`: starts the example server, tries every route through both APIs and exits 0 only if each verdict is as expected. */
import { playKeys } from "./demo/keys.ts";
import { playScenario } from "./demo/scenario.ts";
import { createTranscript } from "./demo/transcript.ts";
import { graphqlTransport, trpcTransport } from "./demo/transports.ts";
import { createAuth, makeKey } from "./server/auth.ts";
import { openDatabase } from "./server/database.ts";
import { startServer } from "./server/server.ts";
import { openUsers } from "./server/users.ts";

const MONTH_SECONDS = 30 * 24 * 3600;
const [earlier, newer] = [makeKey(), makeKey()];
const keys = [earlier, newer];

/** Whether everything went as expected. */
async function runDemo(): Promise<boolean> {
  const database = await openDatabase();
  try {
    const auth = createAuth({ keys });
    const server = await startServer({ port: 0, auth, database });
    try {
      const transcript = createTranscript(trpcTransport(server.url), graphqlTransport(server.url), console.log);
      const past = createAuth({ keys, now: () => Date.now() / 1000 - MONTH_SECONDS });
      await playScenario({ transcript, users: await openUsers(database), past });
      await playKeys({ transcript, auth, before: createAuth({ keys: [earlier] }), url: server.url });
      return transcript.finish();
    } finally {
      await server.close();
    }
  } finally {
    await database.close();
  }
}

process.exitCode = (await runDemo()) ? 0 : 1;
