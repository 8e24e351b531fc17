/** Pothos: the same types in code, with and without its scope-auth plugin. */
import SchemaBuilder from "@pothos/core";
import ScopeAuthPlugin from "@pothos/plugin-scope-auth";
import type { GraphQLSchema } from "graphql";
import { ITEM_FIELDS, ITEMS, type Item, LIST_SCOPE, PROFILE, PROFILE_SCOPE, type Profile } from "./schema.ts";
import type { Server } from "./server.ts";
import { mintTokens } from "./tokens.ts";
import { type UserContext, userContext } from "./user-context.ts";

interface Types {
  Context: UserContext;
  AuthScopes: { scope: string };
  Objects: { Item: Item; Profile: Profile };
}

export async function pothosScopeAuth(cache: boolean): Promise<Server> {
  const tokens = await mintTokens("HS256");
  return { schema: buildSchema(true), tokens, contextOf: userContext(tokens, cache) };
}

/** Shows how much of the difference to SDL is Pothos itself. */
export async function pothosAlone(): Promise<Server> {
  return { schema: buildSchema(false), tokens: await mintTokens("HS256"), contextOf: () => ({}), isGuarded: false };
}

function buildSchema(isGuarded: boolean): GraphQLSchema {
  const builder = new SchemaBuilder<Types>({
    plugins: [ScopeAuthPlugin],
    scopeAuth: { authScopes: ({ user }) => ({ scope: (name) => user?.scopes.has(name) ?? false }) },
  });
  const guard = (scope: string) => (isGuarded ? { authScopes: { scope } } : {});
  builder.objectType("Item", {
    fields: (t) =>
      Object.fromEntries(
        Object.entries(ITEM_FIELDS).map(([name, { type, scope }]) => [
          name,
          t.expose(name as "id", { type: type as "String", nullable: true, ...guard(scope) }),
        ]),
      ),
  });
  builder.objectType("Profile", {
    fields: (t) => ({
      id: t.exposeString("id", { nullable: true }),
      name: t.exposeString("name", { nullable: true }),
      email: t.exposeString("email", { nullable: true }),
    }),
  });
  builder.queryType({
    fields: (t) => ({
      items: t.field({ type: ["Item"], nullable: true, ...guard(LIST_SCOPE), resolve: () => ITEMS }),
      openItems: t.field({ type: ["Item"], nullable: true, resolve: () => ITEMS }),
      me: t.field({ type: "Profile", nullable: true, ...guard(PROFILE_SCOPE), resolve: () => PROFILE }),
    }),
  });
  return builder.toSchema();
}
