/** The event `keys-failed`: an outage of a key loader or of a trusted issuer's key set. */
import { type AuthEvent, AuthManager } from "claimgate";
import { expect, it } from "vitest";
import { ISSUER, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";

it("reports a key loader that fails while the previous keys are still valid, and nothing before", async () => {
  const events: AuthEvent[] = [];
  let seconds = 1_750_000_000;
  let isDown = false;
  const auth = new AuthManager({
    issuer: ISSUER,
    keys: () => {
      if (isDown) throw new Error("the vault is closed");
      return [{ kid: "k1", algorithm: "HS256", secret: SECRET }];
    },
    keyRefresh: { interval: 60, cooldown: 5 },
    now: () => seconds,
    onEvent: (event) => events.push(event),
  });
  const token = await auth.authToken("ann");
  expect(events.map(({ type }) => type)).toEqual(["issued"]);
  isDown = true;
  seconds += 61;
  expect((await auth.verify(token.signed)).sub).toBe("ann");
  expect(events.slice(1)).toEqual([{ type: "keys-failed", issuer: ISSUER, error: expect.any(Error), at: seconds }]);
});

it("reports a trusted issuer whose key set cannot be fetched", async () => {
  const events: AuthEvent[] = [];
  const auth = new AuthManager({
    trust: [
      {
        issuer: "https://other.example",
        jwksUri: "https://other.example/jwks.json",
        audience: "me",
        algorithms: ["ES256"],
        fetch: async () => {
          throw new TypeError("no route to host");
        },
      },
    ],
    onEvent: (event) => events.push(event),
  });
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "ES256", typ: "at+jwt" })}.${part({ iss: "https://other.example", sub: "x" })}.AAAA`;
  expect(await refusalOf(auth.verify(text))).toMatchObject({ reason: "KEYS_UNAVAILABLE" });
  expect(events).toEqual([
    { type: "keys-failed", issuer: "https://other.example", error: expect.any(Error), at: expect.any(Number) },
  ]);
});
