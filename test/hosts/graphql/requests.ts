/** The costs and the isolation of a request: one signature, one look-up of rights, its token. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openSocketEvents } from "../../graphql/server/ws-support.ts";
import { watchVerifications } from "../../support/watch-verifications.ts";
import { type Answer, type AskOptions, ask, connect, expectData } from "./ask.ts";
import { type Host, serve, type Transport } from "./host.ts";

/** The costs and the isolation of requests to `host` over `transport`. */
export function describeRequests(host: Host, transport: Transport): void {
  describe("requests", () => {
    let asked = 0;
    const authorize = async (): Promise<object> => {
      asked++;
      return {};
    };
    const served = serve(host, { cache: false, authorize, authorizeAt: "request" });
    const send = (query: string, options?: AskOptions): Promise<Answer> => ask(served, transport, query, options);

    let verify: ReturnType<typeof watchVerifications>;
    beforeEach(() => {
      asked = 0;
      verify = watchVerifications();
    });
    afterEach(() => vi.restoreAllMocks());
    const costs = (): object => ({ asked, verified: verify.mock.calls.length });

    test("a request with many guarded fields makes one verification and one look-up of rights", async () => {
      const token = await served.mint();
      const { body } = await send("{ a: me { id } b: me { phone email } balance greeting users { phone } }", { token });
      expect(body["data"]).toMatchObject({ a: { id: "ada" }, balance: 100 });
      expect(costs()).toEqual({ asked: 1, verified: 1 });
      await send("{ me { id } }", { token });
      expect(costs()).toEqual({ asked: 2, verified: 2 });
    });

    test("a request for open fields makes no verification and no look-up, with any token", async () => {
      for (const token of [await served.mint(), "bad"])
        expectData(await send("{ open __typename }", { token }), { open: "for any caller", __typename: "Query" });
      expect(costs()).toEqual({ asked: 0, verified: 0 });
    });

    test("concurrent callers each see their own token", async () => {
      const subjects = Array.from({ length: 12 }, (_, i) => `user-${i}`);
      const answers = await Promise.all(
        subjects.map(async (subject) => {
          const { signed: token } = await served.auth.authToken(subject);
          return send("{ me { id } again: me { id } }", { token });
        }),
      );
      expect(answers.map(({ body }) => body)).toEqual(subjects.map((id) => ({ data: { me: { id }, again: { id } } })));
    });
  });
}

/** The costs of a connection to `host`. */
export function describeConnections(host: Host): void {
  let asked = 0;
  const authorize = (): object => {
    asked++;
    return {};
  };
  const served = serve(host, { authorize, authorizeAt: "request" });

  test("each operation of a connection looks up rights and checks exp again", async () => {
    const client = connect(served.wsUrl, { token: await served.mint({ maxAge: 60 }) });
    for (const expected of [1, 2]) {
      expect(await openSocketEvents(client, "{ me { id } balance }")()).toEqual({
        data: { me: { id: "ada" }, balance: 100 },
      });
      expect(asked).toBe(expected);
    }
    served.clock.advance(60);
    expect(await openSocketEvents(client, "{ me { id } }")()).toMatchObject({
      errors: [{ extensions: { auth: { reason: "TOKEN_EXPIRED" } } }],
    });
    expect(await openSocketEvents(client, "{ open }")()).toEqual({ data: { open: "for any caller" } });
    await client.dispose();
  });
}
