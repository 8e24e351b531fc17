/** The suite that every GraphQL host passes. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { requireTokenDirective } from "claimgate/graphql";
import type { GraphQLSchema } from "graphql";
import { describe, expect, test } from "vitest";
import { createSchema } from "../../../examples/hosts/graphql/schema.ts";
import { createAuth } from "../../support/create-auth.ts";
import { ask, expectRefused } from "./ask.ts";
import { describeBatches, describeNoBatches } from "./batches.ts";
import { describeCookies, describeCookiesByGet, describeForgedOrigins } from "./cookies.ts";
import { type Host, serve } from "./host.ts";
import { describeOwnErrors } from "./own-errors.ts";
import { describeConnections, describeRequests } from "./requests.ts";
import { describeStatuses } from "./statuses.ts";
import { describeConnectionParams, describeNoSubscriptions, describeSubscriptions } from "./subscriptions.ts";
import { describeVerdicts } from "./verdicts.ts";

/** Tests `host` against the contract of claimgate. */
export function describeHost(host: Host): void {
  const { transports, streams, cannot } = host;
  describe.each([host])("$name", () => {
    test("does not start with an unguarded schema", () => expectNoStart(host));
    test("starts again with a schema that it served before", () => expectRestart(host));
    for (const transport of transports) {
      describe(`over ${transport}`, () => {
        describeVerdicts(host, transport);
        describeOwnErrors(host, transport);
        describeCookies(host, transport);
        describeRequests(host, transport);
      });
    }
    if (cannot["answer over HTTP"] === undefined) {
      describeStatuses(host);
      describeCookiesByGet(host);
      if (cannot["answer batches"] === undefined) describeBatches(host);
      else describeNoBatches(host);
    } else {
      describeNoHttp(host);
    }
    if (transports.includes("ws")) {
      describeConnections(host);
      describeConnectionParams(host);
      describeForgedOrigins(host);
    }
    for (const stream of streams) describeSubscriptions(host, stream);
    if (cannot["serve subscriptions"] !== undefined) describeNoSubscriptions(host);
  });
}

async function expectNoStart(host: Host): Promise<void> {
  const requireToken = requireTokenDirective();
  const typeDefs = [requireToken.typeDefs, "type Query { me: String @requireToken }"];
  const schema = makeExecutableSchema({ typeDefs });
  const { auth } = createAuth();
  await expect(host.start(auth, { schema })).rejects.toThrow(TypeError);
  const running = await host.start(auth, { schema: requireToken.apply(schema) });
  await running.close();
}

async function expectRestart(host: Host): Promise<void> {
  const { auth } = createAuth({ ambient: true });
  const schema = createSchema();
  const [transport = "http"] = host.transports;
  const serveOnce = async (schema: GraphQLSchema): Promise<void> => {
    const running = await host.start(auth, { schema });
    const { url, wsUrl = "" } = running;
    const answer = await ask({ url, wsUrl }, transport, "{ me { id } }");
    await running.close();
    expectRefused(answer, "TOKEN_MISSING");
  };
  await serveOnce(schema);
  if (host.cannot["start again with a schema it served"] === undefined) return serveOnce(schema);
  await expect(host.start(auth, { schema })).rejects.toThrow(TypeError);
  return serveOnce(requireTokenDirective().apply(schema));
}

function describeNoHttp(host: Host): void {
  const served = serve(host);
  test("plain HTTP gets only the advice to upgrade", async () => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(served.url, { method: "POST", headers, body: '{"query":"{ open }"}' });
    expect(response.status).toBe(426);
    expect(response.headers.get("upgrade")).toBe("websocket");
    expect(await response.text()).toBe("");
  });
}
