/** A resolver's own errors: masked or passed on as before, and refusals reported like a guard's. */
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

    test("an internal error is masked", async () => {
      const answer = await send("{ archive }");
      expectStatus(answer, 200);
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|password/);
      expect(answer.body).toMatchObject({
        data: { archive: null },
        errors: [{ path: ["archive"], extensions: { code: "INTERNAL_SERVER_ERROR" } }],
      });
    });

    test("a GraphQLError is passed on unchanged", async () => {
      const answer = await send("{ lost }");
      expectStatus(answer, 200);
      expect(answer.body).toEqual({
        data: { lost: null },
        errors: [
          { message: "It was lost", path: ["lost"], locations: [{ line: 1, column: 3 }], extensions: { code: "LOST" } },
        ],
      });
    });

    test("a query whose resolver requires a rule is rejected like a guarded query", async () => {
      for (const [token, reason] of [
        [undefined, "TOKEN_MISSING"],
        [await served.mint(), "SCOPE_INSUFFICIENT"],
      ] as const) {
        const answer = await send("{ audit }", token === undefined ? {} : { token });
        expectRefused(answer, reason, "audit", null);
      }
      expectData(await send("{ audit }", { token: await served.mint(ADMIN) }), { audit: 1 });
    });

    test("a query with another error next to the refusal is not reported as rejected", async () => {
      const answer = await send("{ audit archive }");
      expectStatus(answer, 200);
      expect(answer.body["data"]).toBeNull();
      expect(answer.body["errors"]).toHaveLength(2);
    });

    test("a mutation that ran and then rejected the caller has status 200, so that no client repeats it", async () => {
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
