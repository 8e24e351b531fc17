/** The outage drill: real clients and guards while an issuer's key server fails. */
import { describe, expect, it } from "vitest";
import { makeSigner } from "../core/jwt/jwks/support.ts";
import { makePair } from "../core/jwt/keys/key-kinds.ts";
import { watchRejections } from "../support/watch-rejections.ts";
import { KEY, mint, mintUnknown, startDrill, TIMES, TRANSPORTS } from "./jwks-drill.ts";
import {
  type Behaviour,
  compressing,
  cuttingOff,
  dripping,
  failing,
  hanging,
  hangingInTheBody,
  padding,
  redirecting,
  sending,
  serving,
  showingHtml,
  slowly,
  startJwksServer,
} from "./jwks-server.ts";

watchRejections();

const MEGABYTE = 1_048_576;
const { lifespan, cooldown, staleIfError } = TIMES;

/** Responses that are not a key set, and the timeout of a fetch in seconds. */
const OUTAGES: ReadonlyArray<readonly [name: string, answer: Behaviour, timeout: number]> = [
  ["never answers", hanging, 0.35],
  ["hangs in the middle", hangingInTheBody, 0.35],
  ["sends drop by drop", dripping, 0.35],
  ["answers 500", failing(500), TIMES.timeout],
  ["answers 404", failing(404), TIMES.timeout],
  ["answers with HTML", showingHtml, TIMES.timeout],
  ["answers with half a key set", sending('{"keys":['), TIMES.timeout],
  ["cuts the connection", cuttingOff, TIMES.timeout],
  ["answers with 50 MB", padding(50 * MEGABYTE), TIMES.timeout],
  ["answers with an endless body", padding(Number.POSITIVE_INFINITY), TIMES.timeout],
  ["answers with 50 MB compressed to 50 KB", compressing(50 * MEGABYTE), TIMES.timeout],
  ["redirects in a circle", redirecting("/jwks.json"), TIMES.timeout],
];
/** The number of requests in each fetch. */
const FETCHES: Readonly<Record<string, number>> = { "redirects in a circle": 4 };

describe.each(TRANSPORTS)("behind $name, a key server that", (transport) => {
  describe.each(OUTAGES)("%s", (name, outage, timeout) => {
    const each = FETCHES[name] ?? 1;

    it("causes a 503 for every token without cached keys, and one request in 5 s, until it recovers", async () => {
      const { jwks, clock, ask, unavailable } = await startDrill(transport, { timeout });
      jwks.answer = outage;
      expect(await Promise.all([ask(await mint()), ask(mintUnknown("x"))])).toEqual([unavailable, unavailable]);
      expect(jwks.requests).toHaveLength(each);
      expect(jwks.bytesWritten).toBeLessThan(25 * MEGABYTE);
      clock.advance(4);
      expect(await ask(await mint())).toEqual(unavailable);
      expect(jwks.requests).toHaveLength(each);
      jwks.answer = serving(KEY.jwk);
      clock.advance(1);
      expect(await ask(await mint())).toBe("ada");
      expect(jwks.requests).toHaveLength(each + 1);
    });

    it("leaves cached keys in use until lifespan and staleIfError are over", async () => {
      const { jwks, clock, ask, unavailable, invalid } = await startDrill(transport, { timeout });
      const token = await mint();
      expect([await ask(token), await ask(mintUnknown("x"))]).toEqual(["ada", invalid]);
      jwks.answer = outage;
      clock.advance(lifespan - 1);
      expect([await ask(token), await ask(await mint())]).toEqual(["ada", "ada"]);
      expect(await ask(mintUnknown("x"))).toEqual(unavailable);
      clock.advance(staleIfError);
      expect([await ask(token), await ask(await mint())]).toEqual(["ada", "ada"]);
      expect(await ask(mintUnknown("x"))).toEqual(unavailable);
      clock.advance(1);
      expect([await ask(token), await ask(await mint())]).toEqual([unavailable, unavailable]);
      // One for the cached set, one in the last fifth of its lifespan, one after it.
      expect(jwks.requests).toHaveLength(1 + 2 * each);
      jwks.answer = serving(KEY.jwk);
      clock.advance(cooldown);
      expect([await ask(token), await ask(await mint())]).toEqual(["ada", "ada"]);
      expect(await ask(mintUnknown("x"))).toEqual(invalid);
      expect(jwks.requests).toHaveLength(2 + 2 * each);
    });
  });

  it("is down causes a 503 until it is back", async () => {
    const { jwks, clock, ask, unavailable } = await startDrill(transport);
    await jwks.stop();
    expect(await ask(await mint())).toEqual(unavailable);
    await jwks.start();
    clock.advance(cooldown);
    expect(await ask(await mint())).toBe("ada");
  });

  it("redirects to another origin causes a 503, and one that redirects within its origin is followed", async () => {
    const elsewhere = await startJwksServer(serving(KEY.jwk));
    const { jwks, clock, ask, unavailable } = await startDrill(transport);
    jwks.answer = redirecting(elsewhere.url);
    expect(await ask(await mint())).toEqual(unavailable);
    expect([jwks.requests.length, elsewhere.requests.length]).toEqual([1, 0]);
    jwks.answer = (response, request) =>
      (request.url === "/keys" ? serving(KEY.jwk) : redirecting("/keys"))(response, request);
    clock.advance(cooldown);
    expect(await ask(await mint())).toBe("ada");
    expect(jwks.requests.map(({ path }) => path)).toEqual(["/jwks.json", "/jwks.json", "/keys"]);
  });

  it("is slow delays its callers, who are then accepted or rejected as usual", async () => {
    const { jwks, ask, invalid } = await startDrill(transport);
    jwks.answer = slowly(200, serving(KEY.jwk));
    expect(await Promise.all([ask(await mint()), ask(mintUnknown("x"))])).toEqual(["ada", invalid]);
    expect(jwks.requests).toHaveLength(1);
  });

  it("serves an empty set withdraws its keys: every token is a 503 at once", async () => {
    const { jwks, clock, ask, unavailable } = await startDrill(transport);
    const token = await mint();
    jwks.answer = serving();
    expect(await ask(token)).toEqual(unavailable);
    jwks.answer = serving(KEY.jwk);
    clock.advance(cooldown);
    expect(await ask(token)).toBe("ada");
    jwks.answer = serving();
    clock.advance(lifespan);
    expect([await ask(token), await ask(mintUnknown("x"))]).toEqual([unavailable, unavailable]);
    expect(jwks.requests).toHaveLength(3);
    jwks.answer = serving(KEY.jwk);
    clock.advance(cooldown);
    expect(await ask(token)).toBe("ada");
    expect(jwks.requests).toHaveLength(4);
  });

  it("serves two keys with one kid accepts tokens of both keys, and rejects those of a third", async () => {
    const { jwks, ask, invalid } = await startDrill(transport);
    const twin = makeSigner("ES256", { kid: "a" });
    jwks.answer = serving(KEY.jwk, twin.jwk);
    expect([await ask(await mint()), await ask(await mint(twin))]).toEqual(["ada", "ada"]);
    expect(await ask(await mint(makeSigner("ES256", { kid: "a" })))).toEqual(invalid);
    expect(jwks.requests).toHaveLength(1);
  });

  it("serves a key of another type under the token's kid causes a 401, not a 503", async () => {
    const { jwks, ask, invalid } = await startDrill(transport);
    const rsa = makePair("RSA");
    jwks.answer = serving(makeSigner("RS256", { kid: "a" }, rsa).jwk, makeSigner("EdDSA", { kid: "a" }).jwk);
    expect(await ask(await mint())).toEqual(invalid);
    expect(await ask(await mint(makeSigner("PS256", { kid: "a" }, rsa)))).toMatchObject({
      reason: "ALGORITHM_INVALID",
    });
    expect(await ask(await mint(makeSigner("RS256", { kid: "a" }, rsa)))).toBe("ada");
    expect(jwks.requests).toHaveLength(1);
  });

  it("serves only keys that cannot verify a signature causes a 503", async () => {
    const { jwks, ask, unavailable } = await startDrill(transport);
    jwks.answer = serving({ kty: "oct", kid: "a", k: "A".repeat(43) }, { ...KEY.jwk, use: "enc" });
    expect(await ask(await mint())).toEqual(unavailable);
    expect(jwks.requests).toHaveLength(1);
  });

  it("withdraws a key causes a 401 for its tokens within lifespan, also for cached tokens", async () => {
    const { jwks, clock, ask, invalid } = await startDrill(transport);
    const next = makeSigner("ES256", { kid: "b" });
    const token = await mint();
    expect(await ask(token)).toBe("ada");
    jwks.answer = serving(next.jwk);
    clock.advance(lifespan * 0.8 - 1);
    expect(await ask(token)).toBe("ada");
    expect(jwks.requests).toHaveLength(1);
    clock.advance(lifespan * 0.2 + 1);
    expect([await ask(token), await ask(await mint())]).toEqual([invalid, invalid]);
    expect(await ask(await mint(next))).toBe("ada");
    expect(jwks.requests).toHaveLength(2);
  });

  it("replaces a key under the same kid causes a 401 for tokens of the old key within lifespan", async () => {
    const { jwks, clock, ask, invalid } = await startDrill(transport);
    const next = makeSigner("ES256", { kid: "a" });
    const token = await mint();
    expect(await ask(token)).toBe("ada");
    jwks.answer = serving(next.jwk);
    clock.advance(lifespan);
    expect([await ask(token), await ask(await mint(next))]).toEqual([invalid, "ada"]);
    expect(jwks.requests).toHaveLength(2);
  });
});
