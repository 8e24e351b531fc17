/** A resolver's own errors: hidden where they were not meant for callers, untouched where they were, and refusals told like a guard's. */
import { describe, expect, test } from "vitest";
import { type Answer, type AskOptions, ask, expectData, expectRefused } from "./ask.ts";
import { type Host, serve, type Transport } from "./host.ts";

const ADMIN = { scope: { admin: true } };

/** The own errors of the resolvers of `host` over `transport`. */
export function describeOwnErrors(host: Host, transport: Transport): void {
  describe("a resolver's own errors", () => {
    const served = serve(host);
    const send = (query: string, options?: AskOptions): Promise<Answer> => ask(served, transport, query, options);
    const expectStatus = ({ status, challenge }: Answer, expected: number): void => {
      if (status !== undefined) expect({ status, challenge }).toEqual({ status: expected, challenge: null });
    };

    test("an error that was not meant for callers reaches nobody", async () => {
      const answer = await send("{ archive }");
      expectStatus(answer, 200);
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|password/);
      expect(answer.body).toMatchObject({
        data: { archive: null },
        errors: [{ path: ["archive"], extensions: { code: "INTERNAL_SERVER_ERROR" } }],
      });
    });

    test("a GraphQLError passes as it is", async () => {
      const answer = await send("{ lost }");
      expectStatus(answer, 200);
      expect(answer.body).toEqual({
        data: { lost: null },
        errors: [
          { message: "It was lost", path: ["lost"], locations: [{ line: 1, column: 3 }], extensions: { code: "LOST" } },
        ],
      });
    });

    test("a query whose resolver asks for a rule is refused like a guarded one", async () => {
      for (const [token, reason] of [
        [undefined, "TOKEN_MISSING"],
        [await served.mint(), "SCOPE_INSUFFICIENT"],
      ] as const) {
        const answer = await send("{ audit }", token === undefined ? {} : { token });
        expectRefused(answer, reason, "audit", null);
      }
      expectData(await send("{ audit }", { token: await served.mint(ADMIN) }), { audit: 1 });
    });

    test("a query that failed for another reason too is not called refused", async () => {
      const answer = await send("{ audit archive }");
      expectStatus(answer, 200);
      expect(answer.body["data"]).toBeNull();
      expect(answer.body["errors"]).toHaveLength(2);
    });

    test("a mutation that ran and then refused is no refusal, so that nobody repeats it", async () => {
      const seen: unknown[] = [];
      const listener = (message: unknown): void => void seen.push(message);
      served.feed.on("message", listener);
      const answer = await send('mutation { announce(text: "once") { text } }', { token: await served.mint() });
      served.feed.off("message", listener);
      expectStatus(answer, 200);
      expect(answer.body).toMatchObject({
        data: null,
        errors: [{ path: ["announce"], extensions: { code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } } }],
      });
      expect(seen).toEqual([{ text: "once" }]);
      const token = await served.mint(ADMIN);
      expectData(await send('mutation { announce(text: "twice") { text } }', { token }), {
        announce: { text: "twice" },
      });
    });
  });
}
