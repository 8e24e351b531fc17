/** `npm start`: the example server, until it is told to stop. */
import { startServer } from "./server.ts";
import { SAMPLE_USERS } from "./users.ts";

const server = await startServer({ port: Number(process.env["PORT"] || 4000) });
const [somebody] = SAMPLE_USERS;

console.log(`tRPC     ${server.url}/trpc
GraphQL  ${server.url}/graphql   (open it in a browser for GraphiQL)
Keys     ${server.url}/.well-known/jwks.json

Users    ${SAMPLE_USERS.map(({ username, password }) => `${username} / ${password}`).join("\n         ")}

Log in   mutation { login(username: "${somebody?.username}", password: "${somebody?.password}") { authToken refreshToken } }
         then send the auth token as a header: { "Authorization": "Bearer ..." }

Stop     Ctrl+C`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void server.close();
  });
}
