/** The result of opening a case: a router whose `item` is a small synchronous query, and the context of a request. */
import type { AnyRouter } from "@trpc/server";
import type { FetchCreateContextFnOptions } from "@trpc/server/adapters/fetch";
import type { Tokens } from "../graphql/tokens.ts";

export interface Api {
  readonly router: AnyRouter;
  readonly tokens: Tokens;
  readonly createContext: (opts: FetchCreateContextFnOptions) => object | Promise<object>;
  /** The rejected callers: none, those without a good token, or also those without the scope. */
  readonly refuses: "nobody" | "strangers" | "strangers and the poor";
}

export const SCOPE = "items:read";

export const ITEM = { id: "item-1", name: "Item number 1", stock: 3 };

export const item = (): typeof ITEM => ITEM;
