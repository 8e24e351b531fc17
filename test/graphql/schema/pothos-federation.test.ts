/** Pothos's federation plugin: undeclared directives, and rules under the directive's own name. */
import SchemaBuilder from "@pothos/core";
import DirectivePlugin from "@pothos/plugin-directives";
import FederationPlugin from "@pothos/plugin-federation";
import { type GraphQLAuthContext, requireTokenDirective } from "claimgate/graphql";
import { graphql } from "graphql";
import { expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";

interface Note {
  readonly id: string;
  readonly owner: string;
}

const requireToken = requireTokenDirective();
const { auth } = createAuth();

function build(resolveReference: (reference: { id: string }) => Note, extensions: object) {
  const builder = new SchemaBuilder<{ Context: GraphQLAuthContext }>({ plugins: [DirectivePlugin, FederationPlugin] });
  const Note = builder.objectRef<Note>("Note").implement({
    fields: (t) => ({
      id: t.exposeID("id"),
      text: t.string({
        nullable: true,
        extensions: { ...extensions },
        resolve: ({ id }) => `text of ${id}`,
      }),
    }),
  });
  builder.asEntity(Note, { key: builder.selection<{ id: string }>("id"), resolveReference });
  builder.queryType({ fields: (t) => ({ open: t.string({ resolve: () => "open" }) }) });
  return requireToken.apply(builder.toSubGraphSchema({ linkUrl: "https://specs.apollo.dev/federation/v2.6" }));
}

test.each<[string, (reference: { id: string }) => Note, string | null]>([
  ["a parent rule accepts the owner of a looked-up object", ({ id }) => ({ id, owner: "ada" }), "text of 1"],
  ["a parent rule rejects a caller who does not own the looked-up object", ({ id }) => ({ id, owner: "eve" }), null],
  ["a parent rule rejects an object that the client made up", (reference) => reference as Note, null],
])("%s", async (_, resolveReference, text) => {
  const schema = build(resolveReference, { requireToken: { parent: { sub: "owner" } } });
  const contextValue = { auth: auth.forRequest({ token: (await auth.authToken("ada")).signed }) };
  const representations = '[{ __typename: "Note", id: "1", owner: "ada" }]';
  const source = `{ _entities(representations: ${representations}) { ... on Note { text } } _service { sdl } }`;
  const { data, errors } = await graphql({ schema, source, contextValue });
  expect(data?.["_entities"]).toEqual([{ text }]);
  expect(errors?.map(({ extensions }) => extensions["auth"])).toEqual(
    text === null ? [{ reason: "CLAIMS_INSUFFICIENT" }] : undefined,
  );
  expect((data as { _service: { sdl: string } })._service.sdl).toContain("type Note");
});

test("rejects a misspelt directive name in extensions", () => {
  expect(() => build((reference) => reference as Note, { requiretoken: {} })).toThrow(/extensions\.requiretoken/);
});
