/** `createTRPCContext`: a context that lacks a member which the router needs does not compile. */
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { type AuthContext, AuthManager } from "claimgate";
import { createTRPCContext } from "claimgate/trpc";

const auth = new AuthManager({ issuer: "types", algorithm: "HS256", secret: "x".repeat(32) });
type Context = AuthContext & { readonly db: string };
const router = initTRPC.context<Context>().create().router({});
const plain = initTRPC.context<AuthContext>().create().router({});

export const accepted = [
  createHTTPHandler({ router, createContext: createTRPCContext(auth, () => ({ db: "x" })) }),
  createHTTPHandler({
    router,
    createContext: createTRPCContext(auth, async ({ req }) => ({ db: String(req?.method) })),
  }),
  createHTTPHandler({ router: plain, createContext: createTRPCContext(auth) }),
];

// expect-error: Property 'db' is missing
// @ts-expect-error
createHTTPHandler({ router, createContext: createTRPCContext(auth) });

// expect-error: Type 'number' is not assignable to type 'string'
// @ts-expect-error
createHTTPHandler({ router, createContext: createTRPCContext(auth, () => ({ db: 1 })) });

// expect-error: Property 'db' is missing
// @ts-expect-error
export const annotated: (opts: { readonly req: Request }) => Promise<Context> = createTRPCContext(auth);
