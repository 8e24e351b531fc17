/** Arbitrary input of `encode`, `decode` and `getUnverifiedHeader`: every outcome is documented. */
import {
  decode,
  decodeComplete,
  encode,
  getUnverifiedHeader,
  InvalidKeyError,
  InvalidTokenError,
  type KeyInput,
} from "claimgate/jwt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOW, SECRET } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { anything, build, claims, decodeOptions, encodeOptions, keys, tokens } from "./hostile-arbitraries.ts";
import { SEED } from "./json-arbitraries.ts";

watchRejections();

const RUNS = { numRuns: 2000, seed: SEED };

describe("arbitrary input", () => {
  it("makes decode and decodeComplete return claims, or reject with a token error, InvalidKeyError or TypeError", async () => {
    const settled = { fulfilled: 0, rejected: 0 };
    await fc.assert(
      fc.asyncProperty(
        tokens,
        keys,
        decodeOptions,
        fc.constantFrom(decode, decodeComplete),
        async (token, key, options, read) => {
          settled[await settle(() => read(build(token) as string, build(key) as KeyInput, build(options) as object))]++;
        },
      ),
      RUNS,
    );
    // Some input must pass the first checks.
    expect(settled.fulfilled).toBeGreaterThan(0);
  });

  it("makes encode return a token, or reject with a TypeError or InvalidKeyError", async () => {
    const settled = { fulfilled: 0, rejected: 0 };
    await fc.assert(
      fc.asyncProperty(claims, keys, encodeOptions, async (claims, key, options) => {
        settled[
          await settle(() =>
            encode(build(claims) as Record<string, unknown>, build(key) as KeyInput, build(options) as object),
          )
        ]++;
      }),
      RUNS,
    );
    expect(settled.fulfilled).toBeGreaterThan(0);
  });

  it("makes getUnverifiedHeader return a header, or throw a token error", () => {
    fc.assert(
      fc.property(tokens, (token) => {
        try {
          getUnverifiedHeader(build(token) as string);
        } catch (error) {
          if (!(error instanceof InvalidTokenError)) throw new Error("The error is not documented", { cause: error });
        }
      }),
      RUNS,
    );
  });
});

describe("arbitrary options", () => {
  it("accept no forged token, except with verifySignature: false", async () => {
    const forged = forge({ secret: "another secret of more than 32 bytes" });
    await fc.assert(
      fc.asyncProperty(decodeOptions, async (recipe) => {
        const options = build(recipe) as { verifySignature?: unknown };
        const outcome = await settle(() => decode(forged, SECRET, options as object));
        expect(outcome === "rejected" || options.verifySignature === false).toBe(true);
      }),
      RUNS,
    );
  });

  it.each(["issuer", "audience", "subject"])("accept only the expected %s", async (name) => {
    const token = forge({ payload: { iss: "x", aud: "x", sub: "x" } });
    const value = fc.oneof(
      anything,
      fc.constantFrom("x", "y"),
      fc.array(fc.oneof(fc.constantFrom("x", "y"), anything)),
    );
    await fc.assert(
      fc.asyncProperty(value, async (recipe) => {
        const value = build(recipe);
        const options = { algorithms: ["HS256"], now: NOW, audience: "x", [name]: value } as const;
        const isExpected =
          value === "x" ||
          (name !== "subject" &&
            isList(value) &&
            value.includes("x") &&
            value.every((item) => typeof item === "string"));
        const outcome = await settle(() => decode(token, SECRET, options));
        expect(outcome).toBe(isExpected ? "fulfilled" : "rejected");
      }),
      RUNS,
    );
  });

  it.each(["leeway", "now"])("hide an expired token only if %s is a number that says so", async (name) => {
    const token = forge({ payload: { exp: NOW } });
    await fc.assert(
      fc.asyncProperty(fc.oneof(anything, fc.double()), async (recipe) => {
        const value = build(recipe);
        const options = { algorithms: ["HS256"], now: NOW, [name]: value } as const;
        const lives =
          typeof value === "number" && Number.isFinite(value) && (name === "leeway" ? value > 0 : value < NOW);
        const outcome = await settle(() => decode(token, SECRET, options));
        // A leeway too small to change so large a number has no effect.
        const expected = lives && (name === "now" || NOW - value < NOW) ? "fulfilled" : "rejected";
        expect(outcome).toBe(expected);
      }),
      RUNS,
    );
  });
});

/** The outcome of `work`. Throws when `work` throws synchronously or with an undocumented error. */
async function settle(work: () => Promise<unknown>): Promise<"fulfilled" | "rejected"> {
  let promise: Promise<unknown>;
  try {
    promise = work();
  } catch (cause) {
    throw new Error("The call threw instead of rejecting", { cause });
  }
  return promise.then(
    () => "fulfilled",
    (error: unknown) => {
      const documented = [InvalidTokenError, InvalidKeyError, TypeError].some((type) => error instanceof type);
      if (!documented) throw new Error("The error is not documented", { cause: error });
      return "rejected";
    },
  );
}

function isList(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value) && Array.from(value).length >= 0;
  } catch {
    return false;
  }
}
