/** The routes as GraphQL fields, with the same names and rules as the procedures in trpc.ts. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { Deliver, JWT } from "claimgate";
import { type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { GraphQLError } from "graphql";
import { createYoga } from "graphql-yoga";
import {
  type Auth,
  type Claims,
  type Credentials,
  describeToken,
  listDevices,
  logIn,
  logOutEverywhere,
} from "./auth.ts";
import type { Users } from "./users.ts";

type Context = GraphQLAuthContext<Claims> & { users: Users };

const requireToken = requireTokenDirective();

const typeDefs = /* GraphQL */ `
  type Mutation {
    "Any caller."
    login(username: String!, password: String!, deliver: Delivery! = body, device: String): Tokens!

    "A refresh token. The new auth token carries the current rights of the user."
    refresh(deliver: Delivery! = body): Tokens! @requireToken(type: "refresh")

    "Any caller. Ends the session of the token, even of an expired one."
    logout: Boolean!

    "Any auth token."
    logoutEverywhere: Boolean! @requireToken

    "Any auth token."
    saveNote(text: String!): String! @requireToken
  }

  type Query {
    "Any auth token."
    protected: String! @requireToken

    "The user in the arguments."
    userSpecific(username: String!): String! @requireToken(args: { sub: "username" })

    "A claim of the application."
    customClaim: String! @requireToken(claims: { department: "research" })

    "A scope."
    adminDashboard: String! @requireToken(scope: { admin: true })

    "Any auth token."
    tokenInfo: TokenInfo! @requireToken

    "The user in the arguments, or an admin."
    overridable(username: String!): String! @requireToken(args: { sub: "username" }, override: { admin: true })

    "Any auth token."
    devices: [Device!]! @requireToken

    "Any auth token."
    note: String! @requireToken

    "No token, or a valid one."
    greeting: String! @requireToken(optional: true)
  }

  enum Delivery {
    cookies
    body
  }

  "The tokens are present only if they are delivered in the body."
  type Tokens {
    authToken: String
    refreshToken: String
    expiresIn: Int!
    refreshExpiresIn: Int!
  }

  "Times are in seconds since 1970."
  type Device {
    id: ID!
    label: String
    createdAt: Float!
    lastUsedAt: Float!
    isThis: Boolean!
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
    async login(_parent: unknown, args: Credentials, { auth, users }: Context) {
      return (await logIn(auth, users, args)) ?? reject("Wrong username or password");
    },
    refresh: (_parent: unknown, args: { deliver: Deliver }, { auth }: Context) => auth.refresh(args),
    async logout(_parent: unknown, _args: unknown, { auth }: Context) {
      await auth.logout();
      return true;
    },
    async logoutEverywhere(_parent: unknown, _args: unknown, { auth }: Context) {
      await logOutEverywhere(auth, guarded(auth).sub);
      return true;
    },
    async saveNote(_parent: unknown, { text }: { text: string }, { auth, users }: Context) {
      if (text.length > 1000)
        throw new GraphQLError("text must have at most 1000 characters", { extensions: { code: "BAD_USER_INPUT" } });
      await users.saveNote(guarded(auth).sub, text);
      return text;
    },
  },
  Query: {
    protected: (_parent: unknown, _args: unknown, { auth }: Context) => `Only for users, such as ${guarded(auth).sub}`,
    userSpecific: (_parent: unknown, { username }: { username: string }) => `Only for ${username}`,
    customClaim: () => "Only for research",
    adminDashboard: () => "Only for admins",
    tokenInfo: () => describeToken(),
    overridable: (_parent: unknown, { username }: { username: string }) => `Only for ${username} and admins`,
    devices: (_parent: unknown, _args: unknown, { auth }: Context) => listDevices(auth, guarded(auth)),
    note: (_parent: unknown, _args: unknown, { auth, users }: Context) => users.note(guarded(auth).sub),
    greeting: (_parent: unknown, _args: unknown, { auth }: Context) => `Hello, ${auth.token?.sub ?? "stranger"}`,
  },
};

// Call apply last: it returns the guarded schema.
const schema = requireToken.apply(makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers }));

export function createGraphQLHandler(auth: Auth, users: Users) {
  return createYoga<object, { users: Users }>({
    schema,
    context: { users },
    plugins: [useAuth(auth)],
    cors: false, // only the page of this origin may call the API
    graphiql: { title: "claimgate example", defaultQuery: "{\n  greeting\n}\n" },
  });
}

// A guard that is not optional guarantees a token, but SDL cannot tell the compiler so.
function guarded(auth: Context["auth"]): JWT<Claims> {
  return auth.token as JWT<Claims>;
}

// An error of the application. Yoga reads the status of the response from `http`.
function reject(message: string): never {
  throw new GraphQLError(message, { extensions: { code: "UNAUTHENTICATED", http: { status: 401 } } });
}
