/** The effect of each option of `JWKSClient`. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { refusalOf } from "../../../support/refusal-of.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { down, FakeIssuer, makeSigner, NO_SUCH_KEY, outcomeOf, UNREACHABLE } from "./support.ts";

watchRejections();
afterEach(() => void vi.useRealTimers());

const key = makeSigner("ES256", { kid: "a" });

describe("JWKSClient", () => {
  it("sends the headers of its construction with every request", async () => {
    const issuer = new FakeIssuer(key.jwk);
    const headers = { authorization: "Bearer of keys", "x-tenant": "1", accept: "application/jwk-set+json" };
    const client = issuer.client({ headers });
    headers.authorization = "changed";
    await client.getSigningKeys();
    await client.getSigningKeys(true);
    for (const request of issuer.requests) {
      expect(Object.fromEntries(request.headers)).toMatchObject({
        authorization: "Bearer of keys",
        "x-tenant": "1",
        accept: "application/jwk-set+json",
      });
    }
    expect(issuer.requests).toHaveLength(2);
  });

  it("sends Accept and no credentials by default", async () => {
    const issuer = new FakeIssuer(key.jwk);
    await issuer.client().getSigningKeys();
    const [request] = issuer.requests;
    expect(request?.headers.get("accept")).toContain("application/json");
    expect(request?.headers.has("authorization")).toBe(false);
    expect(request?.headers.has("cookie")).toBe(false);
  });

  it("accepts a withdrawn key until lifespan has passed", async () => {
    const issuer = new FakeIssuer(key.jwk);
    const other = makeSigner("ES256", { kid: "b" });
    const client = issuer.client({ lifespan: 60, cooldown: 5 });
    await client.getSigningKey("a");
    issuer.answer = [other.jwk];
    issuer.clock.advance(47);
    expect(await client.getSigningKey("a")).toMatchObject({ kid: "a" });
    issuer.clock.advance(13);
    expect(await outcomeOf(client.getSigningKey("a"))).toEqual(NO_SUCH_KEY);
    expect(await client.getSigningKey("b")).toMatchObject({ kid: "b" });
    expect(issuer.requests).toHaveLength(2);
  });

  it("fetches for an unknown kid only after cooldown has passed", async () => {
    const issuer = new FakeIssuer(key.jwk);
    const client = issuer.client({ cooldown: 5 });
    await client.getSigningKey("a");
    issuer.answer = [key.jwk, makeSigner("ES256", { kid: "b" }).jwk];
    issuer.clock.advance(4);
    expect(await outcomeOf(client.getSigningKey("b"))).toEqual(NO_SUCH_KEY);
    expect(issuer.requests).toHaveLength(1);
    issuer.clock.advance(1);
    expect(await client.getSigningKey("b")).toMatchObject({ kid: "b" });
    expect(issuer.requests).toHaveLength(2);
  });

  it("uses the previous set for staleIfError seconds after its lifespan while the issuer is down", async () => {
    const issuer = new FakeIssuer(key.jwk);
    const client = issuer.client({ lifespan: 60, staleIfError: 40 });
    await client.getSigningKey("a");
    issuer.answer = down;
    issuer.clock.advance(99);
    expect(await client.getSigningKey("a")).toMatchObject({ kid: "a" });
    issuer.clock.advance(1);
    expect(await outcomeOf(client.getSigningKey("a"))).toEqual(UNREACHABLE);
    issuer.answer = [key.jwk];
    issuer.clock.advance(30);
    expect(await client.getSigningKey("a")).toMatchObject({ kid: "a" });
  });

  it("uses an hour as staleIfError and five seconds as timeout by default", async () => {
    const issuer = new FakeIssuer(key.jwk);
    const client = issuer.client();
    await client.getSigningKey("a");
    issuer.answer = down;
    issuer.clock.advance(300 + 3599);
    expect(await client.getSigningKey("a")).toMatchObject({ kid: "a" });
    issuer.clock.advance(1);
    expect(await outcomeOf(client.getSigningKey("a"))).toEqual(UNREACHABLE);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    issuer.answer = () => new Promise<Response>(() => undefined);
    const hanging = outcomeOf(issuer.client().getSigningKeys());
    await vi.advanceTimersByTimeAsync(4999);
    expect(issuer.requests.at(-1)?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(issuer.requests.at(-1)?.signal.aborted).toBe(true);
    expect(await hanging).toEqual(UNREACHABLE);
  });

  it("aborts a fetch after timeout, through its signal", async () => {
    const issuer = new FakeIssuer();
    issuer.answer = () => new Promise<Response>(() => undefined);
    expect(await outcomeOf(issuer.client({ timeout: 0.01 }).getSigningKeys())).toEqual(UNREACHABLE);
    expect(issuer.requests[0]?.signal.aborted).toBe(true);
  });

  it("rejects an answer one byte longer than maxBytes", async () => {
    const issuer = new FakeIssuer(key.jwk);
    const { length } = JSON.stringify({ keys: [key.jwk] });
    expect(await issuer.client({ maxBytes: length }).getSigningKeys()).toHaveLength(1);
    expect(await outcomeOf(issuer.client({ maxBytes: length - 1 }).getSigningKeys())).toEqual(UNREACHABLE);
  });

  it("returns the same key object with cacheKeys, and a new one for each caller without", async () => {
    const issuer = new FakeIssuer(key.jwk);
    const token = await key.sign();
    const sharing = issuer.client();
    const shared = await sharing.getSigningKey("a");
    expect(await sharing.getSigningKeyFromJwt(token)).toBe(shared);
    expect(await sharing.getSigningKeys(true)).toEqual([shared]);
    expect((await sharing.getSigningKeys())[0]).toBe(shared);
    const separate = issuer.client({ cacheKeys: false });
    const one = await separate.getSigningKey("a");
    expect(await separate.getSigningKeyFromJwt(token)).not.toBe(one);
    expect((await separate.getSigningKeys())[0]).not.toBe(one);
    expect(one.jwk).toEqual(shared.jwk);
    expect(issuer.requests).toHaveLength(3);
  });

  it("rejects with a TypeError while now returns NaN, and recovers afterwards", async () => {
    const issuer = new FakeIssuer(key.jwk);
    let isBroken = false;
    const client = issuer.client({ now: () => (isBroken ? Number.NaN : issuer.clock.now()) });
    await client.getSigningKeys();
    isBroken = true;
    expect(await refusalOf(client.getSigningKeys())).toBeInstanceOf(TypeError);
    expect(await refusalOf(client.getSigningKeys(true))).toBeInstanceOf(TypeError);
    isBroken = false;
    expect(await client.getSigningKeys()).toHaveLength(1);
    expect(issuer.requests.length).toBeLessThanOrEqual(2);
  });
});
