/** Rules for an input of a recursive type, such as the filters of an ORM. Compiled only. */
import { initTRPC } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { authProcedures, requireToken as importedRequireToken } from "claimgate/trpc";
import * as z from "zod";

interface Filter {
  id?: string;
  name?: string;
  AND?: Filter;
  OR?: Filter;
  NOT?: Filter;
  author?: Filter;
  editor?: Filter;
  owner?: Filter;
  parent?: Filter;
  posts?: Filter;
  comments?: Filter;
  tags?: Filter;
  teams?: Filter;
  groups?: Filter;
}

const t = initTRPC.context<AuthContext<{ tenant?: string }>>().create();
const { protectedProcedure, requireToken } = authProcedures(t.procedure);
const filtered = protectedProcedure.input(z.custom<Filter>());

export const router = t.router({
  byScope: filtered.use(requireToken({ scope: "read" })).query(() => 1),
  byPath: filtered.use(requireToken({ args: { tenant: "author.id" } })).query(() => 1),
  byDeepPath: filtered.use(importedRequireToken({ args: { tenant: "AND.OR.NOT.author.id" } })).query(() => 1),
  // expect-error: "author.id"
  // @ts-expect-error -- the path is not a path of the input
  byWrongPath: filtered.use(requireToken({ args: { tenant: "author.ids" } })).query(() => 1),
});
