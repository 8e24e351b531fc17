/** The routes as GraphQL fields. Their twins, with the same names and the same rules, are in trpc.ts. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { JWT } from "claimgate";
import { type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { GraphQLError } from "graphql";
import { createYoga } from "graphql-yoga";
import { type Auth, type Claims, describeToken, logIn, renew } from "./auth.ts";
import type { Users } from "./users.ts";

type Context = GraphQLAuthContext<Claims> & { users: Users };

const requireToken = requireTokenDirective();

const typeDefs = /* GraphQL */ `
  type Mutation {
    "Anybody."
    login(username: String!, password: String!): Tokens!

    "A refresh token. The new auth token has the rights that the user has by now."
    refresh: String! @requireToken(type: "refresh")
  }

  type Query {
    "Any auth token."
    protected: String! @requireToken

    "The user it is about."
    userSpecific(username: String!): String! @requireToken(args: { sub: "username" })

    "A claim of our own."
    customClaim: String! @requireToken(claims: { department: "research" })

    "A scope."
    adminDashboard: String! @requireToken(scope: { admin: true })

    "Any auth token."
    tokenInfo: TokenInfo! @requireToken

    "The user it is about, or an admin."
    overridable(username: String!): String! @requireToken(args: { sub: "username" }, override: { admin: true })

    "No token, or a good one."
    greeting: String! @requireToken(optional: true)
  }

  type Tokens {
    authToken: String!
    refreshToken: String!
  }

  type TokenInfo {
    tokenType: String!
    subject: String!
    scope: JSON
    claims: JSON!
    isSigned: Boolean!
  }

  scalar JSON
`;

const resolvers = {
  Mutation: {
    async login(_parent: unknown, args: { username: string; password: string }, { auth, users }: Context) {
      return (await logIn(auth.manager, users, args)) ?? refuse("Wrong username or password");
    },
    async refresh(_parent: unknown, _args: unknown, { auth, users }: Context) {
      return (await renew(auth.manager, users, guarded(auth).sub)) ?? refuse("The account is gone");
    },
  },
  Query: {
    protected: (_parent: unknown, _args: unknown, { auth }: Context) => `Only for users, such as ${guarded(auth).sub}`,
    userSpecific: (_parent: unknown, { username }: { username: string }) => `Only for ${username}`,
    customClaim: () => "Only for research",
    adminDashboard: () => "Only for admins",
    tokenInfo: () => describeToken(),
    overridable: (_parent: unknown, { username }: { username: string }) => `Only for ${username} and admins`,
    greeting: (_parent: unknown, _args: unknown, { auth }: Context) => `Hello, ${auth.token?.sub ?? "stranger"}`,
  },
};

// apply comes last: what it returns is guarded.
const schema = requireToken.apply(makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers }));

export function createGraphQLHandler(auth: Auth, users: Users) {
  return createYoga<object, { users: Users }>({
    schema,
    context: { users },
    plugins: [useAuth(auth)],
    graphiql: { title: "claimgate example", defaultQuery: "{\n  greeting\n}\n" },
  });
}

// Behind a guard that is not optional there always is a token, though SDL cannot tell the compiler so.
function guarded(auth: Context["auth"]): JWT<Claims> {
  return auth.token as JWT<Claims>;
}

// An error of the application's own. `http` is Yoga's: the status of the response.
function refuse(message: string): never {
  throw new GraphQLError(message, { extensions: { code: "UNAUTHENTICATED", http: { status: 401 } } });
}
