/** A user's package of guards alone, whose only import is `claimgate/trpc`. */
import { requireToken } from "claimgate/trpc";

export const admin = requireToken({ scope: { admin: true } });
export const owner = requireToken({ args: { sub: "id" } });
