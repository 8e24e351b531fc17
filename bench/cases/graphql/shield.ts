/** graphql-shield: a rule for each scope, cached for the request as its documentation advises. */
import { applyMiddleware } from "graphql-middleware";
import { rule, shield } from "graphql-shield";
import { ITEM_FIELDS, LIST_SCOPE, PROFILE_SCOPE, plainSchema } from "./schema.ts";
import type { Server } from "./server.ts";
import { mintTokens } from "./tokens.ts";
import { type UserContext, userContext } from "./user-context.ts";

export async function graphqlShield(cache: boolean): Promise<Server> {
  const tokens = await mintTokens("HS256");
  const scopes = [...Object.values(ITEM_FIELDS).map(({ scope }) => scope), LIST_SCOPE, PROFILE_SCOPE];
  const rules = new Map([...new Set(scopes)].map((scope) => [scope, ruleOf(scope)] as const));
  const permissions = shield({
    Query: { items: found(rules, LIST_SCOPE), me: found(rules, PROFILE_SCOPE) },
    Item: Object.fromEntries(Object.entries(ITEM_FIELDS).map(([name, { scope }]) => [name, found(rules, scope)])),
  });
  return { schema: applyMiddleware(plainSchema(), permissions), tokens, contextOf: userContext(tokens, cache) };
}

type ShieldRule = ReturnType<typeof ruleOf>;

function ruleOf(scope: string) {
  return rule(scope, { cache: "contextual" })(async (_parent, _args, context: UserContext) => {
    return context.user?.scopes.has(scope) ?? false;
  });
}

function found(rules: ReadonlyMap<string, ShieldRule>, scope: string): ShieldRule {
  const known = rules.get(scope);
  if (!known) throw new Error(`No rule for ${scope}`);
  return known;
}
