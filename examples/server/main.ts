/** `npm start`: the example server, until it is told to stop. It writes a line for each thing that happens to a session or a caller. */
import type { AuthEvent } from "claimgate";
import { startServer } from "./server.ts";
import { SAMPLE_USERS } from "./users.ts";

const server = await startServer({ port: Number(process.env["PORT"] || 4000), onEvent: log });
const [somebody] = SAMPLE_USERS;

console.log(`Page     ${server.url}/
tRPC     ${server.url}/trpc   (WebSockets too)
GraphQL  ${server.url}/graphql   (open it in a browser for GraphiQL)
Keys     ${server.url}/.well-known/jwks.json

Users    ${SAMPLE_USERS.map(({ username, password }) => `${username} / ${password}`).join("\n         ")}

Log in   mutation { login(username: "${somebody?.username}", password: "${somebody?.password}") { authToken refreshToken } }
         then send the auth token as a header: { "Authorization": "Bearer ..." }

Stop     Ctrl+C
`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void server.close();
  });
}

// No event holds a token.
function log({ type, at, ...facts }: AuthEvent): void {
  const said = Object.entries(facts).map(([name, fact]) => `${name}=${String(fact)}`);
  console.log(new Date(at * 1000).toISOString(), type, ...said);
}
