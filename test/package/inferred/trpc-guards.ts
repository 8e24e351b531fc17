/** A user's package that exports only guards, whose only import is `claimgate/trpc`. */
import { requireToken } from "claimgate/trpc";

export const admin = requireToken({ scope: { admin: true } });
export const owner = requireToken({ args: { sub: "id" } });
