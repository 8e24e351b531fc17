/** The server of a case: a schema with its context and plugins, and the proof of its guards. */
import assert from "node:assert/strict";
import type { DocumentNode, GraphQLSchema } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { Query } from "./schema.ts";
import type { Tokens } from "./tokens.ts";

/** The part of a request that cases read. */
export interface ServerContext {
  readonly request: { readonly method: string; readonly url: string; readonly headers: Headers };
}

export const ENDPOINT = "http://bench.example/graphql";

type MaybePromise<T> = T | Promise<T>;

export interface Server {
  readonly schema: GraphQLSchema;
  readonly tokens: Tokens;
  /** Builds the context of a request. Without it the executor alone runs through Yoga's plugins. */
  readonly contextOf?: (server: ServerContext) => MaybePromise<object>;
  /** A documented step to await before the executor. */
  readonly prepare?: (args: {
    readonly schema: GraphQLSchema;
    readonly document: DocumentNode;
    readonly contextValue: object;
  }) => MaybePromise<void>;
  /** The plugins of Yoga, which replace `contextOf`. */
  readonly plugins?: readonly Plugin[];
  /** False for a schema without guards. Default true. */
  readonly isGuarded?: boolean;
}

export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly unknown[];
}

/** Throws unless callers with the scopes get all data and all other callers get none. */
export async function prove(
  { tokens, isGuarded = true }: Server,
  { data, text }: Query,
  ask: (token: string | undefined) => Promise<Answer>,
): Promise<void> {
  for (const token of tokens.good.slice(0, 2))
    assert.deepEqual(await ask(token), { data }, `${text} as a caller with the scopes`);
  if (!isGuarded) return;
  for (const [who, token] of [
    ["a caller without a token", undefined],
    ["a caller with a forged token", tokens.forged],
    ["a caller without the scopes", tokens.poor],
  ]) {
    const answer = await ask(token);
    assert.ok((answer.errors ?? []).length > 0, `${text} must be rejected for ${who}`);
    assert.deepEqual(leavesOf(answer.data), [], `${text} must return no data to ${who}`);
  }
}

function leavesOf(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  return typeof value === "object" ? Object.values(value).flatMap(leavesOf) : [value];
}
