/** Users who are there for a part of the demo only. */
import { randomBytes } from "node:crypto";
import type { Users } from "../server/users.ts";

export interface Newcomer {
  readonly username: string;
  readonly password: string;
}

/**
 * Does `work` with users of new names and passwords, so that nobody who was there before is
 * touched. Afterwards they are gone.
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
    // One for each name.
    await work(...(newcomers as unknown as { readonly [K in keyof N]: Newcomer }));
  } finally {
    for (const { username } of newcomers) await users.remove(username);
  }
}
