/** Every public name has a doc comment, with the tags that users need. */
import { beforeAll, expect, it } from "vitest";
import { type PublicName, readPublicNames } from "../support/public-api.ts";

/** The classes that users receive instances of, and do not construct first. */
const RECEIVED = ["claimgate RequestAuth", "claimgate JWT", "claimgate/jwt SigningKey"];
/** The options that tRPC gives to a context, and users do not set. */
const GIVEN_OPTIONS = ["TRPCContextOptions", "TRPCResponseOptions"];
/** The types of options whose names do not end with `Options` or `Config`. */
const OPTION_TYPES = ["Rule", "TrustedIssuer", "TRPCRule", "GraphQLRule"];

let names: readonly PublicName[];

beforeAll(() => {
  names = readPublicNames();
}, 60_000);

it("finds the public names", () => {
  expect(names.length).toBeGreaterThan(300);
});

it("has a doc comment for every public name", () => {
  expect(placesOf(names.filter(({ documentation, kind }) => documentation === "" && kind !== "member"))).toEqual([]);
});

it("has a doc comment for every member of a public type", () => {
  expect(placesOf(names.filter(({ documentation, kind }) => documentation === "" && kind === "member"))).toEqual([]);
});

it("has an example for every function and class that users call first", () => {
  const called = names.filter(
    ({ name, kind }) => kind === "function" || (kind === "class" && !RECEIVED.includes(name)),
  );
  expect(placesOf(called.filter(({ tags }) => !tags.includes("example")))).toEqual([]);
});

it("has the default of every optional option as a tag", () => {
  const optional = names.filter(({ isOptional, owner = "" }) => isOptional && isOptionType(owner));
  expect(placesOf(optional.filter(({ tags }) => !tags.includes("default")))).toEqual([]);
});

it("names no default in prose", () => {
  expect(placesOf(names.filter(({ documentation }) => /\bDefaults?\b/.test(documentation)))).toEqual([]);
});

function isOptionType(name: string): boolean {
  if (GIVEN_OPTIONS.includes(name)) return false;
  return /(?:Options|Config)$/.test(name) || OPTION_TYPES.includes(name);
}

function placesOf(faulty: readonly PublicName[]): string[] {
  return faulty.map(({ name, place }) => `${place} ${name}`);
}
