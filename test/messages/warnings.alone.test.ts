/** The limit of process warnings about schemas without guards. It counts all of a process. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import { createYoga } from "graphql-yoga";
import { expect, test, vi } from "vitest";
import { createAuth } from "../support/create-auth.ts";

test("a schema function that builds an unguarded schema for each request emits exactly 50 warnings", async () => {
  const emit = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const { typeDefs } = requireTokenDirective();
  const build = () => makeExecutableSchema({ typeDefs: [typeDefs, "type Query { me: String @requireToken }"] });
  const yoga = createYoga({ schema: build, plugins: [useAuth(createAuth().auth)], logging: false });
  for (let i = 0; i < 60; i++) await yoga.fetch("http://localhost/graphql?query={me}");
  const codes = emit.mock.calls.map(([, options]) => (options as { code?: string } | undefined)?.code ?? options);
  expect(codes).toEqual(Array.from({ length: 50 }, () => "CLAIMGATE_MISUSE"));
});
