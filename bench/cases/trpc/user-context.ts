/** The context with the user, or null: verified once a request, before the first procedure runs. */
import { TRPCError } from "@trpc/server";
import { bearerOf, createVerify, type Tokens, type User } from "../graphql/tokens.ts";
import { SCOPE } from "./api.ts";

export interface UserContext {
  readonly user: User | null;
}

/** Synchronous if the token is in the cache. */
export function userContext(
  tokens: Tokens,
  cache: boolean,
): (opts: { readonly req: Request }) => UserContext | Promise<UserContext> {
  const verify = createVerify(tokens, cache);
  return ({ req }) => {
    const user = verify(bearerOf(req.headers));
    return user instanceof Promise ? user.then((user) => ({ user })) : { user };
  };
}

/** The error of a rejected user; `undefined` for an accepted one. */
export function refusalOf(user: User | null): TRPCError | undefined {
  if (!user) return new TRPCError({ code: "UNAUTHORIZED" });
  return user.scopes.has(SCOPE) ? undefined : new TRPCError({ code: "FORBIDDEN" });
}
