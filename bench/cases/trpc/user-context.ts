/** The context that holds the user, or null: verified once a request, before the first procedure runs. */
import { TRPCError } from "@trpc/server";
import { bearerOf, createVerify, type Tokens, type User } from "../graphql/tokens.ts";
import { SCOPE } from "./api.ts";

export interface UserContext {
  readonly user: User | null;
}

/** At once where the token is remembered. */
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

/** Why the user may not pass; `undefined` for who may. */
export function refusalOf(user: User | null): TRPCError | undefined {
  if (!user) return new TRPCError({ code: "UNAUTHORIZED" });
  return user.scopes.has(SCOPE) ? undefined : new TRPCError({ code: "FORBIDDEN" });
}
