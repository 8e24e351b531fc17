/** The decisions about a caller, over any transport. */
import { describe, expect, test } from "vitest";
import { type Answer, type AskOptions, ask, expectData, expectRefused, postTwice, type Reason } from "./ask.ts";
import { type Host, type Served, serve, type Transport } from "./host.ts";

const ADMIN = { scope: { admin: true } };
const ada = { id: "ada" };

/** The verdicts of `host` over `transport`. */
export function describeVerdicts(host: Host, transport: Transport): void {
  describe("verdicts", () => {
    const served = serve(host);
    const send = (query: string, options?: AskOptions): Promise<Answer> => ask(served, transport, query, options);

    test("a user who logged in is accepted", async () => {
      const login = (password: string) => send(`mutation { login(user: "ada", password: "${password}") }`);
      const { body } = await login("ada-password");
      const { login: token } = body["data"] as { login: string };
      expectData(await send("{ me { id } }", { token }), { me: ada });
      expectData(await login("a guess"), { login: null });
    });

    test.each<[what: string, reason: Reason, token: (served: Served) => Promise<string> | undefined]>([
      ["no token", "TOKEN_MISSING", () => undefined],
      ["a malformed token", "TOKEN_MALFORMED", async () => "bad"],
      ["an expired token", "TOKEN_EXPIRED", mintExpired],
      [
        "a wrong signature",
        "SIGNATURE_INVALID",
        async ({ mint }) => `${(await mint()).slice(0, -43)}${"A".repeat(43)}`,
      ],
      ["a refresh token", "TOKEN_TYPE_INVALID", async ({ auth }) => (await auth.refreshToken("ada")).signed],
    ])("%s is rejected, and a valid token accepted", async (_, reason, make) => {
      const token = await make(served);
      expectRefused(await send("{ me { id } }", token === undefined ? {} : { token }), reason);
      expectData(await send("{ me { id } }", { token: await served.mint() }), { me: ada });
      expectData(await send("{ open }", token === undefined ? {} : { token }), { open: "for any caller" });
    });

    test("a token without the scope is rejected, and one with it accepted", async () => {
      expectRefused(await send("{ stats }", { token: await served.mint() }), "SCOPE_INSUFFICIENT", "stats");
      expectData(await send("{ stats }", { token: await served.mint(ADMIN) }), { stats: 42 });
    });

    test("a token without the claims is rejected, and one with them accepted", async () => {
      const token = await served.mint({ claims: { plan: "free" } });
      expectRefused(await send("{ reports }", { token }), "CLAIMS_INSUFFICIENT", "reports");
      expectData(await send("{ reports }", { token: await served.mint({ claims: { plan: "pro" } }) }), { reports: 7 });
    });

    test("an argument must be equal to the token's subject, unless an override matches", async () => {
      const [own, others] = ['{ user(id: "ada") { id } }', '{ user(id: "grace") { id } }'];
      const token = await served.mint();
      expectData(await send(own, { token }), { user: ada });
      expectRefused(await send(others, { token }), "CLAIMS_INSUFFICIENT", "user");
      const admin = await served.mint({ claims: { admin: true } });
      expectData(await send(others, { token: admin }), { user: { id: "grace" } });
      expectRefused(await send(others), "TOKEN_MISSING", "user");
    });

    test("an optional token may be missing, and is rejected when it is invalid", async () => {
      expectData(await send("{ greeting }"), { greeting: "Hello, stranger" });
      expectData(await send("{ greeting }", { token: await served.mint() }), { greeting: "Hello, ada" });
      const { body } = await send("{ greeting }", { token: "bad" });
      expect(body["errors"]).toMatchObject([{ extensions: { auth: { reason: "TOKEN_MALFORMED" } } }]);
    });

    test("a refresh token is accepted by a field that requires one", async () => {
      const { signed: token } = await served.auth.refreshToken("ada");
      const { body } = await send("mutation { renew }", { token });
      const { renew } = body["data"] as { renew: string };
      expectData(await send("{ me { id } }", { token: renew }), { me: ada });
      expectRefused(await send("mutation { renew }", { token: renew }), "TOKEN_TYPE_INVALID", "renew");
    });

    test("two different credentials are ambiguous, and two equal ones are accepted", async () => {
      const [token, other] = [await served.mint(), await served.mint({ maxAge: 5 })];
      const send = (second: string): Promise<Answer> =>
        transport === "http"
          ? postTwice(served.url, [`Bearer ${token}`, `Bearer ${second}`])
          : ask(served, "ws", "{ me { id } }", { token, connectionParams: { authorization: `Bearer ${second}` } });
      expectRefused(await send(other), "CREDENTIALS_AMBIGUOUS");
      expectData(await send(token), { me: ada });
    });

    test("onDeny: NULL gives null for fields of other users and the value for the caller's own", async () => {
      const users = (email: string | null) => ({
        users: [
          { ...ada, email },
          { id: "grace", email: null },
        ],
      });
      expectData(await send("{ users { id email } }"), users(null));
      expectData(await send("{ users { id email } }", { token: await served.mint() }), users("ada@example.com"));
    });

    describe("during an outage of rights", () => {
      let isDown = false;
      const authorize = () => {
        if (isDown) throw new Error("The store is out of reach");
        return {};
      };
      const served = serve(host, { authorize, authorizeAt: "request" });

      test("every caller is rejected with 503, also with a valid token", async () => {
        const token = await served.mint();
        isDown = true;
        expectRefused(await ask(served, transport, "{ me { id } }", { token }), "STORE_UNAVAILABLE");
        expectData(await ask(served, transport, "{ open }", { token }), { open: "for any caller" });
        isDown = false;
        expectData(await ask(served, transport, "{ me { id } }", { token }), { me: ada });
      });
    });
  });
}

async function mintExpired({ clock, mint }: Served): Promise<string> {
  const token = await mint({ maxAge: 5 });
  clock.advance(5);
  return token;
}
