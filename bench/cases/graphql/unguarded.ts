/** What there is to compare with: no guard at all, and wrappers that guard nothing. */
import { plainSchema, wrappedSchema } from "./schema.ts";
import type { Server } from "./server.ts";
import { mintTokens } from "./tokens.ts";

const contextOf = (): object => ({});

export async function noAuth(): Promise<Server> {
  return { schema: plainSchema(), tokens: await mintTokens("HS256"), contextOf, isGuarded: false };
}

/** What any wrapper of a resolver costs. */
export async function identityWrapper(): Promise<Server> {
  const schema = wrappedSchema((resolve) => (source, args, context, info) => resolve(source, args, context, info));
  return { schema, tokens: await mintTokens("HS256"), contextOf, isGuarded: false };
}

/** What a promise for each field costs. */
export async function asyncWrapper(): Promise<Server> {
  const schema = wrappedSchema(
    (resolve) => async (source, args, context, info) => resolve(source, args, context, info),
  );
  return { schema, tokens: await mintTokens("HS256"), contextOf, isGuarded: false };
}
