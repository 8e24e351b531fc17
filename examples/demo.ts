/** `npm run demo`: calls every route of the example over both APIs and checks each verdict. */
import { playKeys } from "./demo/keys.ts";
import { playScenario } from "./demo/scenario.ts";
import { playSessions } from "./demo/sessions.ts";
import { createTranscript } from "./demo/transcript.ts";
import { graphqlTransport, trpcTransport } from "./demo/transports.ts";
import { createAuth, makeKey } from "./server/auth.ts";
import { startServer } from "./server/server.ts";

const MONTH_SECONDS = 30 * 24 * 3600;
const [earlier, newer] = [makeKey(), makeKey()];
const keys = [earlier, newer];

/** Returns whether every verdict was as expected. */
async function runDemo(): Promise<boolean> {
  let secondsAhead = 0;
  const now = (): number => Date.now() / 1000 + secondsAhead;
  const server = await startServer({ port: 0, keys, now });
  try {
    const { auth, users, sessions, url } = server;
    const transcript = createTranscript(trpcTransport(url), graphqlTransport(url), console.log);
    const past = createAuth(users, sessions, { keys, now: () => now() - MONTH_SECONDS });
    await playScenario({ transcript, users, past });
    await playKeys({ transcript, auth, before: createAuth(users, sessions, { keys: [earlier] }), url });
    // Last, because it puts the server's clock ahead of all other clocks.
    await playSessions({
      transcript,
      server,
      passSeconds(seconds) {
        secondsAhead += seconds;
      },
    });
    return transcript.finish();
  } finally {
    await server.close();
  }
}

process.exitCode = (await runDemo()) ? 0 : 1;
