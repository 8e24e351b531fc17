/** `withErrorContext`: context for a thrown error and for every kind of promise. */
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { withErrorContext } from "../../../src/core/util/error-context.ts";

const explain = (cause: unknown): Error => new Error("option: explained", { cause });

it("returns a result unchanged", async () => {
  const result = { a: 1 };
  expect(withErrorContext(() => result, explain)).toBe(result);
  expect(await withErrorContext(async () => result, explain)).toBe(result);
});

it.each([
  ["an async function", async () => Promise.reject(new TypeError("late"))],
  ["a promise of another realm", () => runInNewContext("Promise.reject(new TypeError('late'))") as Promise<never>],
  [
    "a promise of another library",
    () =>
      ({
        // oxlint-disable-next-line unicorn/no-thenable
        then: (_: unknown, fail: (error: Error) => unknown) =>
          Promise.reject(new TypeError("late")).then(undefined, fail),
      }) as unknown as Promise<never>,
  ],
])("adds context to the rejection of %s", async (_, work) => {
  await expect(withErrorContext(work, explain)).rejects.toMatchObject({
    message: "option: explained",
    cause: { message: "late" },
  });
});

it("adds context to a synchronous throw", () => {
  const fail = (): never => {
    throw new TypeError("now");
  };
  expect(() => withErrorContext(fail, explain)).toThrow("option: explained");
});
