/** A schema of the classes of `graphql`, with the rules in `extensions` instead of directives. */
import { type GraphQLAuthContext, requireTokenDirective } from "claimgate/graphql";
import { GraphQLID, GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";

const requireToken = requireTokenDirective();

const User = new GraphQLObjectType<{ id: string }, GraphQLAuthContext>({
  name: "User",
  extensions: requireToken.extensions(), // on a type: guards its fields and all fields that return it
  fields: {
    id: { type: new GraphQLNonNull(GraphQLID) },
    email: {
      type: GraphQLString,
      extensions: requireToken.extensions({ parent: { sub: "id" }, onDeny: "NULL" }),
      resolve: ({ id }) => `${id}@example.com`,
    },
  },
});

const Query = new GraphQLObjectType<unknown, GraphQLAuthContext>({
  name: "Query",
  fields: {
    greeting: { type: GraphQLString, resolve: () => "Hello" },
    stats: { type: GraphQLInt, extensions: requireToken.extensions({ scope: { admin: true } }), resolve: () => 42 },
    user: {
      type: User,
      args: { id: { type: new GraphQLNonNull(GraphQLID) } },
      extensions: requireToken.extensions({ args: { sub: "id" }, override: { "scope.admin": true } }),
      resolve: (_, { id }: { id: string }) => ({ id }),
    },
  },
});

/** The guarded schema, for any server. */
export const schema: GraphQLSchema = requireToken.apply(new GraphQLSchema({ query: Query }));
