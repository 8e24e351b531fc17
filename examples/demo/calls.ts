/** Every route of the example, as a tRPC client calls it and as a GraphQL client does. */
import type { TRPCClient } from "@trpc/client";
import { AuthManager } from "claimgate";
import type { AppRouter } from "../server/trpc.ts";

export interface Call {
  /** The route's name in the router and in the schema. */
  readonly route: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly document: string;
  trpc(client: TRPCClient<AppRouter>): Promise<unknown>;
  /** What of an answer must be the same on both transports. Default: all of it. */
  readonly comparable?: (answer: unknown) => unknown;
}

export interface Tokens {
  readonly authToken: string;
  readonly refreshToken: string;
}

export const login = (username: string, password: string): Call => ({
  route: "login",
  variables: { username, password },
  document: `mutation ($username: String!, $password: String!) {
    login(username: $username, password: $password) { authToken refreshToken }
  }`,
  trpc: (client) => client.login.mutate({ username, password }),
  comparable: (answer) => Object.values(answer as Tokens).map(contentOf),
});

export const refresh: Call = {
  route: "refresh",
  variables: {},
  document: "mutation { refresh }",
  trpc: (client) => client.refresh.mutate(),
  comparable: (answer) => contentOf(answer as string),
};

export const protectedRoute: Call = {
  route: "protected",
  variables: {},
  document: "{ protected }",
  trpc: (client) => client.protected.query(),
};

export const userSpecific = (username: string): Call => ({
  route: "userSpecific",
  variables: { username },
  document: "query ($username: String!) { userSpecific(username: $username) }",
  trpc: (client) => client.userSpecific.query({ username }),
});

export const customClaim: Call = {
  route: "customClaim",
  variables: {},
  document: "{ customClaim }",
  trpc: (client) => client.customClaim.query(),
};

export const adminDashboard: Call = {
  route: "adminDashboard",
  variables: {},
  document: "{ adminDashboard }",
  trpc: (client) => client.adminDashboard.query(),
};

export const tokenInfo: Call = {
  route: "tokenInfo",
  variables: {},
  document: "{ tokenInfo { tokenType subject scope claims isSigned } }",
  trpc: (client) => client.tokenInfo.query(),
};

export const overridable = (username: string): Call => ({
  route: "overridable",
  variables: { username },
  document: "query ($username: String!) { overridable(username: $username) }",
  trpc: (client) => client.overridable.query({ username }),
});

export const greeting: Call = {
  route: "greeting",
  variables: {},
  document: "{ greeting }",
  trpc: (client) => client.greeting.query(),
};

// Two tokens for one user differ in when they were issued, and by chance; in nothing else.
function contentOf(token: string): unknown {
  const { iat: _iat, exp: _exp, rid: _rid, ...content } = AuthManager.convertToken(token).claims;
  return content;
}
