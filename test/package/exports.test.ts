/** The names that each entry exports: a change here changes the public contract. */
import { readFileSync } from "node:fs";
import * as core from "claimgate";
import * as graphql from "claimgate/graphql";
import * as jwt from "claimgate/jwt";
import * as postgres from "claimgate/postgres";
import * as redis from "claimgate/redis";
import * as testing from "claimgate/testing";
import * as trpc from "claimgate/trpc";
import { describe, expect, it } from "vitest";

const ENTRIES: Readonly<Record<string, { readonly values: object; readonly source: string }>> = {
  claimgate: { values: core, source: "index.ts" },
  "claimgate/jwt": { values: jwt, source: "core/jwt/index.ts" },
  "claimgate/trpc": { values: trpc, source: "trpc/index.ts" },
  "claimgate/graphql": { values: graphql, source: "graphql/index.ts" },
  "claimgate/redis": { values: redis, source: "core/stores/redis.ts" },
  "claimgate/postgres": { values: postgres, source: "core/stores/postgres.ts" },
  "claimgate/testing": { values: testing, source: "testing/index.ts" },
};

describe.each(Object.entries(ENTRIES))("%s", (entry, { values, source }) => {
  it("exports the values of the snapshot", () => {
    expect(Object.keys(values).toSorted()).toMatchSnapshot();
  });

  it("exports the types of the snapshot", () => {
    const code = readFileSync(new URL(`../../src/${source}`, import.meta.url), "utf8");
    expect(typesExportedIn(code).toSorted()).toMatchSnapshot();
  });

  it("has a file in inferred/ that exports a result of each of its functions and methods", () => {
    const file = entry === "claimgate" ? entry : entry.slice("claimgate/".length);
    const code = readFileSync(new URL(`inferred/${file}.ts`, import.meta.url), "utf8");
    const called = new Set([...code.matchAll(/(\.?)\b(\w+)\(/g)].map(([, dot, name]) => `${dot}${name}`));
    expect(
      Object.entries(values)
        .flatMap(callsOf)
        .filter((call) => !called.has(call)),
    ).toEqual([]);
  });
});

/** The names of types in export lists and in exported declarations. */
function typesExportedIn(code: string): string[] {
  const listed = [...code.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, isOfTypes, names = ""]) =>
    names
      .split(",")
      .map((name) => /^\s*(type )?(\w+)\s*$/.exec(name))
      .flatMap((found) => (found && (isOfTypes ?? found[1]) !== undefined ? [found[2] ?? ""] : [])),
  );
  const declared = [...code.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = ""]) => name);
  return [...listed, ...declared];
}

/**
 * The calls of a function, or of the methods of a class: `name` or `.name`. Errors have no methods.
 */
function callsOf([name, value]: readonly [string, unknown]): string[] {
  if (typeof value !== "function" || value.prototype instanceof Error) return [];
  if (!/^class\b/.test(Function.prototype.toString.call(value))) return [name];
  const methods = [value, value.prototype as object].flatMap((owner) =>
    Object.entries(Object.getOwnPropertyDescriptors(owner)),
  );
  return methods
    .filter(([method, { value }]) => typeof value === "function" && /^(?!constructor$)\w+$/.test(method))
    .map(([method]) => `.${method}`);
}
