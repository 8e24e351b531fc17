/** A schema built with Pothos, with the same rules as graphql-schema.ts. */
import SchemaBuilder from "@pothos/core";
import { type GraphQLAuthContext, requireTokenDirective } from "claimgate/graphql";
import type { GraphQLSchema } from "graphql";

const requireToken = requireTokenDirective();

const builder = new SchemaBuilder<{ Context: GraphQLAuthContext }>({});

const User = builder.objectRef<{ id: string }>("User").implement({
  extensions: requireToken.extensions(), // on a type: guards its fields and all fields that return it
  fields: (t) => ({
    id: t.exposeID("id"),
    email: t.string({
      nullable: true,
      extensions: requireToken.extensions({ parent: { sub: "id" }, onDeny: "NULL" }),
      resolve: ({ id }) => `${id}@example.com`,
    }),
  }),
});

builder.queryType({
  fields: (t) => ({
    greeting: t.string({ resolve: () => "Hello" }),
    stats: t.int({
      nullable: true,
      extensions: requireToken.extensions({ scope: { admin: true } }),
      resolve: () => 42,
    }),
    user: t.field({
      type: User,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      extensions: requireToken.extensions({ args: { sub: "id" }, override: { "scope.admin": true } }),
      resolve: (_, { id }) => ({ id }),
    }),
  }),
});

/** The guarded schema, for any server. */
export const schema: GraphQLSchema = requireToken.apply(builder.toSchema());
