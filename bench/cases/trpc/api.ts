/** What a case makes: a router whose `item` is a small synchronous query, and the context of a request. The way to call it proves it alike. */
import type { AnyRouter } from "@trpc/server";
import type { FetchCreateContextFnOptions } from "@trpc/server/adapters/fetch";
import type { Tokens } from "../graphql/tokens.ts";

export interface Api {
  readonly router: AnyRouter;
  readonly tokens: Tokens;
  readonly createContext: (opts: FetchCreateContextFnOptions) => object | Promise<object>;
  /** Who is refused: nobody, who has no good token, or also who lacks the scope. */
  readonly refuses: "nobody" | "strangers" | "strangers and the poor";
}

export const SCOPE = "items:read";

export const ITEM = { id: "item-1", name: "Item number 1", stock: 3 };

export const item = (): typeof ITEM => ITEM;
