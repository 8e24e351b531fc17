/** The API of a case: a router whose `item` is a small synchronous query, and its context. */
import type { AnyRouter } from "@trpc/server";
import type { FetchCreateContextFnOptions } from "@trpc/server/adapters/fetch";
import type { Tokens } from "../graphql/tokens.ts";

export interface Api {
  readonly router: AnyRouter;
  readonly tokens: Tokens;
  readonly createContext: (opts: FetchCreateContextFnOptions) => object | Promise<object>;
  /** The rejected callers: none, those without a valid token, or also those without the scope. */
  readonly rejects: "none" | "without a valid token" | "also without the scope";
}

export const SCOPE = "items:read";

export const ITEM = { id: "item-1", name: "Item number 1", stock: 3 };

export const item = (): typeof ITEM => ITEM;
