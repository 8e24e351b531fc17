/** The suite, on every host of examples/hosts/graphql. */
import { apolloServer } from "./drivers/apollo-server.ts";
import { graphqlHttp } from "./drivers/graphql-http.ts";
import { graphqlWs } from "./drivers/graphql-ws.ts";
import { mercurius } from "./drivers/mercurius.ts";
import { yoga } from "./drivers/yoga.ts";
import { describeHost } from "./suite.ts";

for (const host of [apolloServer, graphqlHttp, graphqlWs, mercurius, yoga]) describeHost(host);
