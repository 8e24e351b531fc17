/** The example's login does the same work for an unknown user as for a wrong password. */
import { verify } from "@node-rs/argon2";
import { expect, it, vi } from "vitest";
import { openDatabase } from "../../examples/server/database.ts";
import { openUsers } from "../../examples/server/users.ts";

// The spy counts calls and passes them on to argon2.
vi.mock("@node-rs/argon2", async (importOriginal) => {
  const real = await importOriginal<typeof import("@node-rs/argon2")>();
  return { ...real, verify: vi.fn<typeof real.verify>(real.verify) };
});

it("checks one argon2 hash of the same cost at every login", { timeout: 60_000 }, async () => {
  const database = await openDatabase(undefined);
  const users = await openUsers(database);
  const counted = vi.mocked(verify);
  const work = async (username: string, password: string) => {
    counted.mockClear();
    const user = await users.findByPassword(username, password);
    const hashes = counted.mock.calls.map(([hash]) => String(hash).split("$").slice(1, 4).join("$"));
    return { user: user?.username, hashes };
  };
  const right = await work("ada", "ada-password");
  expect(right).toMatchObject({ user: "ada", hashes: [expect.stringContaining("argon2id")] });
  expect(await work("ada", "wrong")).toEqual({ user: undefined, hashes: right.hashes });
  expect(await work("nobody", "wrong")).toEqual({ user: undefined, hashes: right.hashes });
  await database.close();
});
