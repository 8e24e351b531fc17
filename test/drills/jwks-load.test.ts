/** The outage drill under load: few requests reach a key server, however many tokens arrive. */
import { describe, expect, it } from "vitest";
import { makeSigner } from "../core/jwt/jwks/support.ts";
import { NOW } from "../support/create-auth.ts";
import { verdictOf } from "../support/verdict-of.ts";
import { watchRejections } from "../support/watch-rejections.ts";
import { type Drill, KEY, mint, mintUnknown, startDrill, TIMES, TRANSPORTS, type Verdict } from "./jwks-drill.ts";
import { failing, hanging, serving, slowly } from "./jwks-server.ts";

watchRejections();

const [tRPC] = TRANSPORTS as [(typeof TRANSPORTS)[number]];
const { lifespan, cooldown, staleIfError } = TIMES;

/** Counts each verdict. */
async function tally<T>(verdicts: ReadonlyArray<Promise<T>>): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const verdict of await Promise.all(verdicts)) {
    const name = typeof verdict === "string" ? verdict : ((verdict as { reason?: string }).reason ?? "none");
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Calls the guards directly, as both transports do. */
function judge({ auth }: Drill, tokens: readonly string[]): Promise<ReadonlyMap<string, number>> {
  return tally(tokens.map((token) => verdictOf(auth, token)));
}

describe("a cold key cache", () => {
  it("makes one request for 1,000 concurrent verifications of 1,000 tokens", async () => {
    const drill = await startDrill(tRPC);
    drill.jwks.answer = slowly(50, serving(KEY.jwk));
    expect(await judge(drill, await Promise.all(times(1000, () => mint())))).toEqual(new Map([["allowed", 1000]]));
    expect(drill.jwks.requests).toHaveLength(1);
  });

  it("makes one request for 1,000 concurrent verifications of valid and invalid tokens", async () => {
    const drill = await startDrill(tRPC);
    const stranger = makeSigner("ES256", { kid: "a" });
    const tokens = await Promise.all(
      times(1000, (index) => [mint(), mint(stranger), mintUnknown(`kid-${index}`), "a.b.c"][index % 4] as string),
    );
    expect(await judge(drill, tokens)).toEqual(
      new Map([
        ["allowed", 250],
        ["SIGNATURE_INVALID", 500],
        ["TOKEN_MALFORMED", 250],
      ]),
    );
    expect(drill.jwks.requests).toHaveLength(1);
  });

  it.each([
    ["fails", failing(500)],
    ["hangs", hanging],
  ])("makes one request for 1,000 concurrent verifications when the server %s, and each is a 503", async (_, outage) => {
    const drill = await startDrill(tRPC, { timeout: 0.5 });
    drill.jwks.answer = outage;
    const tokens = await Promise.all(times(1000, () => mint()));
    const refused = new Map([["KEYS_UNAVAILABLE", 1000]]);
    expect(await judge(drill, tokens)).toEqual(refused);
    expect(await judge(drill, tokens)).toEqual(refused);
    expect(drill.jwks.requests).toHaveLength(1);
    drill.jwks.answer = serving(KEY.jwk);
    drill.clock.advance(cooldown);
    expect(await judge(drill, tokens)).toEqual(new Map([["allowed", 1000]]));
    expect(drill.jwks.requests).toHaveLength(2);
  });

  it.each(TRANSPORTS)("makes one request for 200 concurrent clients of $name", async (transport) => {
    const { jwks, ask } = await startDrill(transport);
    jwks.answer = slowly(100, serving(KEY.jwk));
    const tokens = await Promise.all(times(200, (index) => (index % 2 ? mint() : mintUnknown(`kid-${index}`))));
    expect(await tally<Verdict>(tokens.map(ask))).toEqual(
      new Map([
        ["SIGNATURE_INVALID", 100],
        ["ada", 100],
      ]),
    );
    expect(jwks.requests).toHaveLength(1);
  });

  it("with discovery makes one request for the issuer's metadata and one for its keys", async () => {
    const drill = await startDrill(tRPC, {}, ({ origin }) => ({ issuer: origin, discovery: true }));
    const { origin, url } = drill.jwks;
    drill.jwks.answer = (response, request) => {
      if (request.url === "/jwks.json") serving(KEY.jwk)(response, request);
      else response.writeHead(200).end(JSON.stringify({ issuer: origin, jwks_uri: url }));
    };
    const claims = { iss: origin, aud: "https://api.example", sub: "ada", iat: NOW, exp: NOW + 60 };
    const tokens = await Promise.all(times(1000, (jti) => KEY.sign({ typ: "at+jwt" }, { ...claims, jti: `${jti}` })));
    expect(await judge(drill, tokens)).toEqual(new Map([["allowed", 1000]]));
    expect(drill.jwks.requests.map(({ path }) => path)).toEqual(["/.well-known/openid-configuration", "/jwks.json"]);
  });
});

describe("10,000 tokens with unknown key ids", () => {
  const WINDOWS = 5;

  it("cause at most one request per cooldown, and valid tokens are still accepted", async () => {
    const drill = await startDrill(tRPC);
    const good = await mint();
    for (let window = 0; window < WINDOWS; window++) {
      for (let part = 0; part < 2; part++) {
        const tokens = times(1000, () => mintUnknown(crypto.randomUUID()));
        expect(await judge(drill, [...tokens, good])).toEqual(
          new Map([
            ["SIGNATURE_INVALID", 1000],
            ["allowed", 1],
          ]),
        );
        drill.clock.advance(cooldown / 2);
      }
      expect(drill.jwks.requests).toHaveLength(window + 1);
    }
  });

  it("cause no more requests in sequence than concurrently", async () => {
    const { jwks, clock, auth } = await startDrill(tRPC);
    for (let index = 0; index < 10_000; index++) {
      if (index % 2000 === 0) clock.advance(cooldown);
      expect(await verdictOf(auth, mintUnknown(crypto.randomUUID()))).toBe("SIGNATURE_INVALID");
    }
    expect(jwks.requests).toHaveLength(WINDOWS);
  });

  it("cause at most one request per cooldown during an outage, and are rejected with 503", async () => {
    const drill = await startDrill(tRPC);
    const good = await mint();
    expect(await verdictOf(drill.auth, good)).toBe("allowed");
    drill.jwks.answer = failing(500);
    for (let window = 1; window <= WINDOWS; window++) {
      drill.clock.advance(cooldown);
      const tokens = times(2000, () => mintUnknown(crypto.randomUUID()));
      expect(await judge(drill, [...tokens, good])).toEqual(
        new Map([
          ["KEYS_UNAVAILABLE", 2000],
          ["allowed", 1],
        ]),
      );
      expect(drill.jwks.requests).toHaveLength(window + 1);
    }
  });

  it.each(TRANSPORTS)("from clients of $name cause at most one request per cooldown", async (transport) => {
    const { jwks, clock, ask, invalid } = await startDrill(transport);
    for (let window = 1; window <= 3; window++) {
      const verdicts = await Promise.all(times(100, () => ask(mintUnknown(crypto.randomUUID()))));
      for (const verdict of verdicts) expect(verdict).toEqual(invalid);
      expect(jwks.requests).toHaveLength(window);
      clock.advance(cooldown);
    }
    expect(await ask(await mint())).toBe("ada");
  });
});

describe("steady traffic", () => {
  it("causes one request in four fifths of a lifespan, and never waits for the response", async () => {
    const drill = await startDrill(tRPC);
    const token = await mint();
    expect(await verdictOf(drill.auth, token)).toBe("allowed");
    const held: Array<() => void> = [];
    drill.jwks.answer = (response, request) => void held.push(() => serving(KEY.jwk)(response, request));
    for (let second = 10; second <= lifespan * 4; second += 10) {
      drill.clock.advance(10);
      expect(await verdictOf(drill.auth, token)).toBe("allowed");
      if (second % (lifespan * 0.8) !== 0) continue;
      await expect.poll(() => held.length).toBe(1);
      held.pop()?.();
    }
    expect(drill.jwks.requests).toHaveLength(1 + 5);
  });

  it("causes one request per cooldown in a long outage, and is accepted until staleIfError is over", async () => {
    const drill = await startDrill(tRPC);
    const token = await mint();
    expect(await verdictOf(drill.auth, token)).toBe("allowed");
    drill.jwks.answer = failing(503);
    const verdicts: string[] = [];
    for (let second = 0; second < lifespan + staleIfError; second += 10) {
      verdicts.push(await verdictOf(drill.auth, token));
      drill.clock.advance(10);
    }
    expect(new Set(verdicts)).toEqual(new Set(["allowed"]));
    expect(await verdictOf(drill.auth, token)).toBe("KEYS_UNAVAILABLE");
    const windows = Math.ceil((lifespan * 0.2 + staleIfError) / cooldown) + 1;
    expect(drill.jwks.requests.length).toBeGreaterThan(2);
    expect(drill.jwks.requests.length).toBeLessThanOrEqual(1 + windows);
  });
});
