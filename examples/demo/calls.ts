/** The calls of every route, for a tRPC client and for a GraphQL client. */
import type { TRPCClient } from "@trpc/client";
import { AuthManager } from "claimgate";
import type { AppRouter } from "../server/trpc.ts";

export interface Call {
  /** The route's name in the router and in the schema. */
  readonly route: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly document: string;
  trpc(client: TRPCClient<AppRouter>): Promise<unknown>;
  /** Selects the part of an answer that must be equal on both transports. Default: all of it. */
  readonly comparable?: (answer: unknown) => unknown;
}

export interface Tokens {
  readonly authToken: string;
  readonly refreshToken: string;
}

/** A login that returns the tokens in the answer. */
export const login = (username: string, password: string): Call => ({
  route: "login",
  variables: { username, password },
  document: `mutation ($username: String!, $password: String!) {
    login(username: $username, password: $password) { authToken refreshToken }
  }`,
  trpc: (client) => client.login.mutate({ username, password }),
  comparable: contentsOf,
});

/** A login that sets the tokens as cookies. */
export const cookieLogin = (username: string, password: string, device: string): Call => ({
  route: "login",
  variables: { username, password, device },
  document: `mutation ($username: String!, $password: String!, $device: String) {
    login(username: $username, password: $password, device: $device, deliver: cookies) { expiresIn refreshExpiresIn }
  }`,
  trpc: (client) => client.login.mutate({ username, password, device, deliver: "cookies" }),
  comparable: namesOf,
});

export const refresh: Call = {
  route: "refresh",
  variables: {},
  document: "mutation { refresh { authToken refreshToken } }",
  trpc: (client) => client.refresh.mutate(),
  comparable: contentsOf,
};

export const cookieRefresh: Call = {
  route: "refresh",
  variables: {},
  document: "mutation { refresh(deliver: cookies) { expiresIn refreshExpiresIn } }",
  trpc: (client) => client.refresh.mutate({ deliver: "cookies" }),
  comparable: namesOf,
};

export const logout: Call = {
  route: "logout",
  variables: {},
  document: "mutation { logout }",
  trpc: (client) => client.logout.mutate(),
};

export const logoutEverywhere: Call = {
  route: "logoutEverywhere",
  variables: {},
  document: "mutation { logoutEverywhere }",
  trpc: (client) => client.logoutEverywhere.mutate(),
};

export const devices: Call = {
  route: "devices",
  variables: {},
  document: "{ devices { id label createdAt lastUsedAt isThis } }",
  trpc: (client) => client.devices.query(),
};

export const note: Call = {
  route: "note",
  variables: {},
  document: "{ note }",
  trpc: (client) => client.note.query(),
};

export const saveNote = (text: string): Call => ({
  route: "saveNote",
  variables: { text },
  document: "mutation ($text: String!) { saveNote(text: $text) }",
  trpc: (client) => client.saveNote.mutate({ text }),
});

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

// Two tokens of one user differ only in their times, their session and their random `rid`.
function contentOf(token: string): unknown {
  const { iat: _iat, exp: _exp, rid: _rid, sid: _sid, ...content } = AuthManager.convertToken(token).claims;
  return content;
}

function contentsOf(answer: unknown): unknown {
  const { authToken, refreshToken } = answer as Tokens;
  return [contentOf(authToken), contentOf(refreshToken)];
}

// The seconds until expiry depend on the time of the answer, so only the names are compared.
function namesOf(answer: unknown): unknown {
  return Object.keys(answer as object);
}
