/** claimgate for tRPC (`claimgate/trpc`). */
export type { AuthContext } from "../core/request/request-auth.ts";
export { createTRPCContext, type TRPCContextOptions } from "./context.ts";
export { type AuthErrorCode, type AuthErrorShape, authErrorFormatter, authResponseMeta } from "./errors.ts";
export {
  type Guarded,
  type RequireTokenMiddleware,
  requireToken,
  type TRPCRule,
  type TRPCRuleBranch,
} from "./guard.ts";
export { type AuthProcedures, authProcedures } from "./procedures.ts";
