/** The bases: no guard at all, and wrappers that guard nothing. */
import { plainSchema, wrappedSchema } from "./schema.ts";
import type { Server } from "./server.ts";
import { mintTokens } from "./tokens.ts";

const contextOf = (): object => ({});

export async function noAuth(): Promise<Server> {
  return { schema: plainSchema(), tokens: await mintTokens("HS256"), contextOf, isGuarded: false };
}

/** Shows the cost of any wrapper of a resolver. */
export async function identityWrapper(): Promise<Server> {
  const schema = wrappedSchema((resolve) => (source, args, context, info) => resolve(source, args, context, info));
  return { schema, tokens: await mintTokens("HS256"), contextOf, isGuarded: false };
}

/** Shows the cost of a promise for each field. */
export async function asyncWrapper(): Promise<Server> {
  const schema = wrappedSchema(
    (resolve) => async (source, args, context, info) => resolve(source, args, context, info),
  );
  return { schema, tokens: await mintTokens("HS256"), contextOf, isGuarded: false };
}
