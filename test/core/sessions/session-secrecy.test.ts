/** Logging or serialising session objects and errors shows no token and no key. */
import { inspect } from "node:util";
import { memorySessionStore } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth, NOW, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { shownOf } from "../../support/shown-of.ts";
import { down, WatchedStore } from "./support.ts";

const store = memorySessionStore();
const { auth } = createAuth({
  sessions: store,
  refreshGrace: 0,
  sessionCheck: "always",
  cookies: { auth: "a", refresh: "r" },
});
const first = await auth.login("ada", { scope: ["read"] });
const request = auth.forRequest({ token: first.refreshToken });
const second = await request.refresh({ deliver: "body" });
await request.require({ type: "refresh" });
const behind = auth.forRequest({ token: second.authToken });
await behind.require();
const cookies: string[] = [];
const set: unknown[] = [];
const writing = auth.forRequest({
  headers: { origin: "https://api.example", host: "api.example" },
  method: "POST",
  setCookie: (header, cookie) => void set.push(cookies.push(header), cookie),
});
const expiries = await writing.login("ada");
const broken = new WatchedStore();
broken.before = down;
const { auth: outOfReach } = createAuth({ sessions: broken, storeTimeout: 0.1 });

const THINGS: ReadonlyArray<readonly [what: string, thing: unknown]> = [
  ["the manager", auth],
  ["the memory store", store],
  ["a request that has renewed its token", request],
  ["an accepted request", behind],
  ["a request that has set cookies", writing],
  ["the result of a login by cookie", expiries],
  ["a subject's sessions", await auth.sessions("ada")],
  [
    "a session record",
    await store.find(String((await auth.sessions("ada"))[0]?.id), { now: NOW, deadline: Date.now() + 60_000 }),
  ],
  ["the error of a reused token", await refusalOf(auth.refresh(first.refreshToken))],
  ["the error of an ended session", await refusalOf(auth.refresh(second.refreshToken))],
  ["the error of a request whose session has ended", await refusalOf(behind.require())],
  ["the error of a token of the wrong type", await refusalOf(auth.refresh(second.authToken))],
  ["the error of an unreachable store", await refusalOf(outOfReach.refresh(second.refreshToken))],
  [
    "the error of an unreachable store in verify",
    await refusalOf(outOfReach.verify(second.refreshToken, { type: "refresh" })),
  ],
  ["the error of an invalid revocation", await refusalOf(auth.revoke({ token: first.authToken, session: "a" }))],
  ["the error of an invalid login", await refusalOf(auth.login("ada", { claims: { sid: first.authToken } }))],
];

const TOKENS = [...Object.values(first), ...Object.values(second), ...cookies].filter(
  (value) => typeof value === "string",
);
const SECRETS = [SECRET, ...TOKENS.flatMap((text) => [text, ...tokenParts(text)])];

describe("the output of inspect and JSON.stringify", () => {
  it.each(THINGS)("contains no secret for %s", (_, thing) => {
    const shown = shownOf(thing);
    for (const secret of SECRETS) expect(shown.includes(secret)).toBe(false);
  });

  it("contains secrets of an ordinary object, so the check can fail", () => {
    expect(SECRETS.length).toBeGreaterThan(15);
    const shown = inspect({ first, second, cookies, secret: SECRET }, { depth: 10, maxStringLength: null });
    expect(SECRETS.filter((secret) => !shown.includes(secret))).toEqual([]);
  });
});

/** Payload and signature; the header is the same in all tokens. */
function tokenParts(text: string): string[] {
  const [, payload = "", signature = ""] = /eyJ[\w-]+\.([\w-]+)\.([\w-]+)/.exec(text) ?? [];
  return [payload, signature];
}
