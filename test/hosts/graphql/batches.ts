/** Array batches: one request, one status, and a refusal for each rejected operation. */
import { describe, expect, test } from "vitest";
import { type Host, type Served, serve } from "./host.ts";

const MISSING = { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } };
const ada = { id: "ada" };

/** The batches of `host`. */
export function describeBatches(host: Host): void {
  describe("an array batch", () => {
    let asked = 0;
    const authorize = () => {
      asked++;
      return {};
    };
    const served = serve(host, { authorize, authorizeAt: "request" }, { batching: true });

    test("has status 200, and each operation has its own refusal", async () => {
      for (const batch of [["{ me { id } }", "{ open }", "{ balance }"], ["{ me { id } }"]]) {
        const { response, body } = await postBatch(served, batch);
        expect(response.status).toBe(200);
        expect(response.headers.get("www-authenticate")).toBeNull();
        const refused = { errors: [{ extensions: MISSING }] };
        const answers = [refused, { data: { open: "for any caller" } }, refused];
        expect(body).toMatchObject(answers.slice(0, batch.length));
      }
    });

    test("is one request: rights are looked up once", async () => {
      asked = 0;
      const { body } = await postBatch(served, ["{ me { id } }", "{ balance }", "{ open }"], await served.mint());
      expect(body).toEqual([{ data: { me: ada } }, { data: { balance: 100 } }, { data: { open: "for any caller" } }]);
      expect(asked).toBe(1);
    });
  });
}

/** A batch at a host without batches. */
export function describeNoBatches(host: Host): void {
  const served = serve(host);

  test("an array batch is rejected with 400", async () => {
    const { response } = await postBatch(served, ["{ open }", "{ me { id } }"]);
    expect(response.status).toBe(400);
  });
}

async function postBatch({ url }: Served, queries: readonly string[], token?: string) {
  const headers = {
    "content-type": "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const body = JSON.stringify(queries.map((query) => ({ query })));
  const response = await fetch(url, { method: "POST", headers, body });
  return { response, body: (await response.json()) as unknown };
}
