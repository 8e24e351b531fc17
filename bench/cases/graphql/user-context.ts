/** The context for guards that do not verify tokens themselves: the user, or null. */
import type { ServerContext } from "./server.ts";
import { bearerOf, createVerify, type Tokens, type User } from "./tokens.ts";

export interface UserContext {
  readonly user: User | null;
}

export function userContext(
  tokens: Tokens,
  cache: boolean,
): (server: ServerContext) => UserContext | Promise<UserContext> {
  const verify = createVerify(tokens, cache);
  return ({ request }) => {
    const user = verify(bearerOf(request.headers));
    return user instanceof Promise ? user.then((user) => ({ user })) : { user };
  };
}
