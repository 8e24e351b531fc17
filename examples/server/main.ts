/** `npm start`: runs the example server and prints one line for each event. */
import type { AuthEvent } from "claimgate";
import { startServer } from "./server.ts";
import { SAMPLE_USERS } from "./users.ts";

const server = await startServer({ port: Number(process.env["PORT"] || 4000), onEvent: log });
const [firstUser] = SAMPLE_USERS;

console.log(`Page     ${server.url}/
tRPC     ${server.url}/trpc   (also over WebSockets)
GraphQL  ${server.url}/graphql   (open it in a browser for GraphiQL)
Keys     ${server.url}/.well-known/jwks.json

Users    ${SAMPLE_USERS.map(({ username, password }) => `${username} / ${password}`).join("\n         ")}

Log in   mutation { login(username: "${firstUser?.username}", password: "${firstUser?.password}") { authToken refreshToken } }
         then send the auth token as a header: { "Authorization": "Bearer ..." }

Stop     Ctrl+C
`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void server.close();
  });
}

// Safe to log: events never contain a token.
function log({ type, at, ...facts }: AuthEvent): void {
  const said = Object.entries(facts).map(([name, fact]) => `${name}=${String(fact)}`);
  console.log(new Date(at * 1000).toISOString(), type, ...said);
}
