/** Users that exist during one part of the demo only. */
import { randomBytes } from "node:crypto";
import type { Users } from "../server/users.ts";

export interface Newcomer {
  readonly username: string;
  readonly password: string;
}

/**
 * Calls `work` with new users, which have random names and passwords, and removes them afterwards.
 * Users that existed before stay unchanged.
 */
export async function withNewcomers<const N extends readonly string[]>(
  users: Users,
  names: N,
  work: (...newcomers: { readonly [K in keyof N]: Newcomer }) => Promise<void>,
): Promise<void> {
  const newcomers = names.map((name) => ({
    username: `${name}-${randomBytes(4).toString("hex")}`,
    password: randomBytes(16).toString("hex"),
  }));
  try {
    for (const newcomer of newcomers) await users.add({ ...newcomer, department: "sales", isAdmin: false });
    // The type lists one newcomer per name, which `map` does not know.
    await work(...(newcomers as unknown as { readonly [K in keyof N]: Newcomer }));
  } finally {
    for (const { username } of newcomers) await users.remove(username);
  }
}
