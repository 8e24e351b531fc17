/** The cookies of one response: their limits, and which of them replaces an earlier one. */
import { describe, expect, it } from "vitest";
import { CookieList, isSetBy } from "../../../src/core/exchange/cookie-list.ts";
import {
  type CookieAttributes,
  type Cookies,
  type CookieToSet,
  clearedCookie,
  clearedFormer,
  cookieFor,
} from "../../../src/core/exchange/cookies.ts";

const cookieOf = (value: string, place: Partial<CookieAttributes> = {}, name = "t"): CookieToSet =>
  cookieFor({ names: { auth: name }, attributes: { ...ATTRIBUTES, ...place }, former: [] }, "auth", {
    value,
    maxAge: 60,
  });

const ATTRIBUTES: CookieAttributes = { httpOnly: true, secure: true, sameSite: "lax", path: "/" };
const COOKIES: Cookies = { names: { auth: "t" }, attributes: ATTRIBUTES, former: [] };

const listOf = (...cookies: readonly CookieToSet[]): CookieList => {
  const list = new CookieList();
  for (const cookie of cookies) list.add([cookie]);
  return list;
};

const PLACE = { domain: "sub.test", path: "/x", partitioned: true };
const OTHERS: readonly { readonly what: string; readonly place: Partial<CookieAttributes>; readonly name?: string }[] =
  [
    { what: "another name", place: PLACE, name: "u" },
    { what: "a name that ends in the other domain", place: { path: "/x", partitioned: true }, name: "tsub.test" },
    { what: "another domain", place: { ...PLACE, domain: "b.example" } },
    { what: "a domain without its inner dot", place: { ...PLACE, domain: "subtest" } },
    { what: "no domain", place: { path: "/x", partitioned: true } },
    { what: "another path", place: { ...PLACE, path: "/" } },
    { what: "no partition", place: { ...PLACE, partitioned: false } },
  ];

describe("a cookie that carries a token", () => {
  it("may have 4096 bytes of name and value, and not one more", () => {
    const value = "x".repeat(4095);
    expect(cookieFor(COOKIES, "auth", { value, maxAge: 60 })).toMatchObject({ name: "t", value });
    const tooLong = (): unknown => cookieFor(COOKIES, "auth", { value: `${value}x`, maxAge: 60 });
    expect(tooLong).toThrow('the cookie "t" is larger than the 4096 bytes that browsers keep');
    expect(tooLong).toThrow('Grant fewer claims, or make the call with deliver: "body"');
  });

  it("lasts for at most 400 days, and without a lifetime until the browser ends", () => {
    for (const [maxAge, lasts] of [
      [60, 60],
      [34_560_000, 34_560_000],
      [34_560_001, 34_560_000],
    ]) {
      const { attributes, header } = cookieFor(COOKIES, "auth", { value: "a", maxAge });
      expect(attributes).toEqual({ ...ATTRIBUTES, maxAge: lasts });
      expect(header).toContain(`Max-Age=${lasts};`);
    }
    const { attributes, header } = cookieFor(COOKIES, "auth", { value: "a", maxAge: undefined });
    expect(attributes).toEqual(ATTRIBUTES);
    expect(header).not.toContain("Max-Age");
  });

  it("needs a name for the type of the token", () => {
    for (const make of [
      () => cookieFor(COOKIES, "refresh", { value: "a", maxAge: 60 }),
      () => clearedCookie(COOKIES, "refresh"),
    ])
      expect(make).toThrow(expect.objectContaining({ name: "MissingConfigError", configValue: "cookies.refresh" }));
  });
});

describe("the cookies that clear former ones", () => {
  it("have each name of each former setting, its attributes, no value and no lifetime", () => {
    const below = { ...ATTRIBUTES, path: "/below", domain: "a.example" };
    const former = [
      { names: { auth: "a" }, attributes: ATTRIBUTES, until: 0 },
      { names: { auth: "b", refresh: "c" }, attributes: below, until: 0 },
    ];
    const seen = clearedFormer({ ...COOKIES, former }).map(({ name, value, attributes, header }) => [
      name,
      value,
      attributes,
      header,
    ]);
    const place = "Max-Age=0; Domain=a.example; Path=/below; HttpOnly; Secure; SameSite=Lax";
    expect(seen).toEqual([
      ["a", "", { ...ATTRIBUTES, maxAge: 0 }, "a=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"],
      ["b", "", { ...below, maxAge: 0 }, `b=; ${place}`],
      ["c", "", { ...below, maxAge: 0 }, `c=; ${place}`],
    ]);
    expect(clearedFormer(COOKIES)).toEqual([]);
  });
});

describe("a cookie in the same place", () => {
  it("replaces the earlier one, and moves to the end", () => {
    const other = cookieOf("b", {}, "u");
    for (const domain of ["sub.test", "Sub.Test", ".sub.test"]) {
      const [first, last] = [cookieOf("a", PLACE), cookieOf("c", { ...PLACE, domain })];
      const list = listOf(first, other, last);
      expect(list.cookies).toEqual([other, last]);
      expect(list.headers).toEqual([other.header, last.header]);
    }
  });

  it("replaces the header that the application set, and keeps the order of the others", () => {
    const mine = cookieOf("mine", PLACE);
    const replaced = ["t=old; Domain=.SUB.TEST; Path=/x; Partitioned; Secure", mine.header];
    const merged = listOf(mine).merge(["a=1", ...replaced, "b=2; Path=/"]);
    expect(merged).toEqual(["a=1", "b=2; Path=/", mine.header]);
  });

  it("replaces its own header of before, which the response still has", () => {
    const [first, last] = [cookieOf("a"), cookieOf("b")];
    expect(listOf(first, last).merge([first.header])).toEqual([last.header]);
  });
});

describe("a cookie in another place", () => {
  it.each(OTHERS)("stays beside the other: $what", ({ place, name }) => {
    const [one, other] = [cookieOf("a", PLACE), cookieOf("b", place, name)];
    expect(listOf(one, other).cookies).toEqual([one, other]);
    expect(listOf(one).merge([other.header])).toEqual([other.header, one.header]);
  });

  it("without attributes is not that of this host with a path, and not partitioned", () => {
    const bare = "t=a";
    for (const place of [{}, { partitioned: true }, { domain: "a.example" }]) {
      const mine = cookieOf("b", place);
      expect(listOf(mine).merge([bare])).toEqual([bare, mine.header]);
    }
  });
});

describe("whether headers set a cookie", () => {
  it("counts a header of exactly this name that does not clear it", () => {
    const cleared = ["t=; Max-Age=0", "t=a; Max-Age=-1"];
    expect(isSetBy(["u=1", "t=a"], "t")).toBe(true);
    expect(isSetBy(["t=a; Max-Age=1"], "t")).toBe(true);
    expect(isSetBy([...cleared, "t=a"], "t")).toBe(true);
    for (const headers of [[], ["tt=a"], ["u=t=a"], ["T=a"], cleared]) expect(isSetBy(headers, "t")).toBe(false);
  });
});
