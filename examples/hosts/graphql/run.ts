/** `npx tsx examples/hosts/graphql/run.ts <host> [port]`: starts one host and prints a request. */
import { randomBytes } from "node:crypto";
import { AuthManager } from "claimgate";
import * as apolloServer from "./apollo-server.ts";
import * as graphqlHttp from "./graphql-http.ts";
import * as graphqlWs from "./graphql-ws.ts";
import * as mercurius from "./mercurius.ts";
import * as yoga from "./yoga.ts";

const HOSTS = new Map([
  ["apollo-server", apolloServer],
  ["graphql-http", graphqlHttp],
  ["graphql-ws", graphqlWs],
  ["mercurius", mercurius],
  ["yoga", yoga],
]);

const [name = "", port = "4000"] = process.argv.slice(2);
const host = HOSTS.get(name);
if (host) {
  const auth = new AuthManager({ issuer: "example", algorithm: "HS256", secret: randomBytes(32), ambient: true });
  const running = await host.start(auth, { port: Number(port) });
  const { url, wsUrl } = running;
  const { signed } = await auth.authToken("ada");
  console.log(`${name} listens on ${name === "graphql-ws" ? wsUrl : url}
Token of ada, valid for one hour: ${signed}
`);
  if (name === "graphql-ws") {
    console.log(`npx wscat -s graphql-transport-ws -c ${wsUrl}, then enter line by line:
{"type":"connection_init","payload":{"authorization":"Bearer ${signed}"}}
{"type":"subscribe","id":"1","payload":{"query":"{ me { id email } stats }"}}`);
  } else {
    console.log(`curl -i ${url} -H 'content-type: application/json' -H 'authorization: Bearer ${signed}' \\
  -d '{"query":"{ me { id email } stats }"}'`);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void running.close());
} else {
  console.error(`Argument 1 must be a host: ${[...HOSTS.keys()].join(", ")}`);
  process.exitCode = 1;
}
