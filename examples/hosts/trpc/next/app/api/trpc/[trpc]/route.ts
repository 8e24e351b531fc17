/** The route handler of tRPC over HTTP. */
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createTRPCContext } from "claimgate/trpc";
import { auth } from "../../../auth.ts";
import { appRouter } from "../../../router.ts";

const handler = (req: Request): Promise<Response> =>
  fetchRequestHandler({ endpoint: "/api/trpc", req, router: appRouter, createContext: createTRPCContext(auth) });

export { handler as GET, handler as POST };
