/** The guarded schema of a message board, which every host serves. */
import { EventEmitter, on } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { currentToken } from "claimgate";
import { type GraphQLAuthContext, requireTokenDirective } from "claimgate/graphql";
import { GraphQLError, type GraphQLSchema } from "graphql";

const requireToken = requireTokenDirective();

const typeDefs = /* GraphQL */ `
  type Query {
    open: String!
    greeting: String! @requireToken(optional: true)
    me: User @requireToken
    user(id: ID!): User @requireToken(args: { sub: "id" }, override: { admin: true })
    users: [User!]!
    stats: Int @requireToken(scope: { admin: true })
    reports: Int @requireToken(claims: { plan: "pro" })
    balance: Int! @requireToken

    "Its resolver requires a rule."
    audit: Int!

    "Fails with an error that no caller may see."
    archive: String

    "Fails with an error that is meant for callers."
    lost: String
  }

  type Mutation {
    login(user: String!, password: String!): String
    renew: String @requireToken(type: "refresh")
    post(text: String!): Message @requireToken

    "Posts the text before its resolver requires a rule."
    announce(text: String!): Message!
  }

  type Subscription {
    messages: Message @requireToken
    alerts: Message @requireToken(scope: { admin: true })
    archive: Message
  }

  type User {
    id: ID!
    phone: String @requireToken(parent: { sub: "id" })
    email: String @requireToken(parent: { sub: "id" }, onDeny: NULL)
  }

  type Message {
    text: String!
    address: String @requireToken(scope: { admin: true })
    archive: String
  }
`;

interface Message {
  readonly text: string;
}

// A real application has a database here, and no password in its source.
const USERS = new Map([
  ["ada", { password: "ada-password", rights: {} }],
  ["grace", { password: "grace-password", rights: { scope: { admin: true }, claims: { admin: true, plan: "pro" } } }],
]);

const find = (id: string) => ({ id, phone: `+44 ${id.length}`, email: `${id}@example.com` });

const failing = (): never => {
  throw new Error("The password of the database is hunter2");
};

/** Creates the schema. `feed` carries each posted message to the subscribers. */
export function createSchema(feed: EventEmitter = new EventEmitter()): GraphQLSchema {
  const post = (text: string): Message => {
    const message = { text };
    feed.emit("message", message);
    return message;
  };
  const messages = {
    subscribe: () => on(feed, "message"),
    resolve: ([message]: [Message]) => message,
  };
  const resolvers = {
    Query: {
      open: () => "for any caller",
      greeting: (_: unknown, __: unknown, { auth }: GraphQLAuthContext) => `Hello, ${auth.token?.sub ?? "stranger"}`,
      // currentToken() needs no context. It works in every function that a guarded resolver calls.
      me: () => turn().then(() => find(currentToken()?.sub ?? "unknown")),
      user: (_: unknown, { id }: { id: string }) => find(id),
      users: () => [...USERS.keys()].map(find),
      stats: () => 42,
      reports: () => 7,
      balance: () => 100,
      audit: async (_: unknown, __: unknown, { auth }: GraphQLAuthContext) => {
        await auth.require({ scope: { admin: true } });
        return 1;
      },
      archive: failing,
      lost: () => {
        throw new GraphQLError("It was lost", { extensions: { code: "LOST" } });
      },
    },
    Mutation: {
      login: async (_: unknown, args: { user: string; password: string }, { auth }: GraphQLAuthContext) => {
        const user = USERS.get(args.user);
        return user?.password === args.password ? (await auth.manager.authToken(args.user, user.rights)).signed : null;
      },
      renew: async (_: unknown, __: unknown, { auth }: GraphQLAuthContext) =>
        (await auth.manager.authToken(auth.token?.sub ?? "unknown")).signed,
      post: (_: unknown, { text }: { text: string }) => post(text),
      announce: async (_: unknown, { text }: { text: string }, { auth }: GraphQLAuthContext) => {
        const message = post(text);
        await auth.require({ scope: { admin: true } });
        return message;
      },
    },
    Subscription: { messages, alerts: messages, archive: { subscribe: failing } },
    Message: { address: () => "127.0.0.1", archive: failing },
  };
  return requireToken.apply(makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers }));
}
