/** The part of the demo about sessions: refresh, reuse, logout, devices and cookies. */
import { AuthManager } from "claimgate";
import type { RunningServer } from "../server/server.ts";
import * as calls from "./calls.ts";
import { withNewcomers } from "./newcomers.ts";
import { type Attempt, authTokens, type Both, refreshTokens, type Transcript } from "./transcript.ts";
import type { Outcome } from "./transports.ts";

const OK = "200 ok";
const REVOKED = "401 TOKEN_REVOKED";
const GRACE_SECONDS = 10;

export interface SessionStage {
  readonly transcript: Transcript;
  readonly server: RunningServer;
  /** Puts the server's clock forward. */
  readonly passSeconds: (seconds: number) => void;
}

export async function playSessions({ transcript, server, passSeconds }: SessionStage): Promise<void> {
  await withNewcomers(server.users, ["ann", "ben"], async (ann, ben) => {
    const attempt = (who: string, holding: string, call: calls.Call, rest: Partial<Attempt> = {}) =>
      transcript.attempt({ who, holding, call, expected: OK, ...rest });
    const logIn = () => attempt("ann", "right password", calls.login(ann.username, ann.password));

    transcript.heading(
      "Sessions: a refresh token works once; a second use within the grace period returns the same next token",
    );
    const tokens = await logIn();
    const token = refreshTokens(tokens);
    const first = await attempt("ann", "refresh token", calls.refresh, { token });
    const second = await attempt("ann", "previous token", calls.refresh, { token });
    transcript.check("both calls return the same next token", String(ridsOf(first)) === String(ridsOf(second)));

    passSeconds(GRACE_SECONDS + 1);
    transcript.heading(
      `Sessions: a refresh token used again after ${GRACE_SECONDS} seconds ends the session and revokes all its tokens`,
    );
    await attempt("thief", "previous token", calls.refresh, { token, expected: "401 TOKEN_REUSED" });
    await attempt("ann", "next token", calls.refresh, { token: refreshTokens(first), expected: REVOKED });
    await attempt("ann", "auth token", calls.protectedRoute, { token: authTokens(first), expected: REVOKED });

    transcript.heading("Sessions: a logout revokes the tokens of this device at once");
    const [phone, laptop] = [await logIn(), await logIn()];
    await attempt("ann", "phone's token", calls.logout, { token: authTokens(phone) });
    await attempt("ann", "phone's token", calls.protectedRoute, { token: authTokens(phone), expected: REVOKED });
    await attempt("ann", "phone's refresh", calls.refresh, { token: refreshTokens(phone), expected: REVOKED });
    await attempt("ann", "laptop's token", calls.protectedRoute, { token: authTokens(laptop) });

    await playCookies({ attempt, transcript, url: server.url, ...ann });

    transcript.heading("Sessions: a user lists all devices and logs out on all of them");
    const [listed] = await attempt("ann", "laptop's token", calls.devices, { token: authTokens(laptop)[0] });
    const found = listed.answer as readonly { readonly label: string | null; readonly isThis: boolean }[];
    transcript.check("the list marks the current device", found.filter(({ isThis }) => isThis).length === 1);
    transcript.check(
      "the list names another device",
      found.some(({ label, isThis }) => label === "tablet" && !isThis),
    );
    // Ann calls over tRPC and Ben over GraphQL: a second call for one user would find no session.
    const others = await attempt("ben", "right password", calls.login(ben.username, ben.password));
    const [anns, bens] = [authTokens(laptop), authTokens(others)];
    const these: Both<string> = [anns[0], bens[1]];
    const elsewhere: Both<string> = [bens[0], anns[1]];
    await attempt("both", "this device's token", calls.logoutEverywhere, { token: these });
    await attempt("both", "this device's token", calls.protectedRoute, { token: these, expected: REVOKED });
    await attempt("both", "other device's token", calls.protectedRoute, { token: elsewhere, expected: REVOKED });
  });
}

interface CookieStage {
  readonly attempt: (who: string, holding: string, call: calls.Call, rest?: Partial<Attempt>) => Promise<Both<Outcome>>;
  readonly transcript: Transcript;
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

async function playCookies({ attempt, transcript, url, username, password }: CookieStage): Promise<void> {
  const own = { origin: url };
  const foreign = { origin: "https://elsewhere.example" };
  const rejected = { expected: "403 CSRF_REJECTED" };
  const rejectedInside = { ...rejected, expectedOfGraphQL: "200, FORBIDDEN CSRF_REJECTED" };
  const login = calls.cookieLogin(username, password, "tablet");

  transcript.heading("Cookies: the server sets and accepts them only for pages of its own origin");
  await attempt("ann", "no origin", login, rejectedInside);
  await attempt("ann", "another origin", login, { headers: foreign, ...rejectedInside });
  const outcomes = await attempt("ann", "own origin", login, { headers: own });
  transcript.check(
    "the answer contains no token",
    outcomes.every(({ answer }) => !JSON.stringify(answer).includes("eyJ")),
  );
  transcript.check(
    "scripts cannot read either cookie",
    outcomes.every(({ cookies }) => cookies.length === 2 && cookies.every(isGuarded)),
  );

  const withCookies = (headers: Record<string, string>): Both<Record<string, string>> => {
    const [trpc, graphql] = outcomes.map(({ cookies }) => ({ ...headers, cookie: cookies.map(pairOf).join("; ") }));
    return [trpc ?? {}, graphql ?? {}];
  };
  const save = calls.saveNote("Milk, eggs");
  await attempt("ann", "cookies, own origin", save, { headers: withCookies(own) });
  await attempt("ann", "cookies, no origin", save, { headers: withCookies({}), ...rejected });
  await attempt("ann", "cookies, other site", save, { headers: withCookies(foreign), ...rejected });
  await attempt("ann", "cookies, own origin", calls.note, { headers: withCookies(own) });
  await attempt("ann", "cookies, other site", calls.cookieRefresh, { headers: withCookies(foreign), ...rejected });
  await attempt("ann", "cookies, own origin", calls.cookieRefresh, { headers: withCookies(own) });
}

function ridsOf(outcomes: Both<Outcome>): readonly unknown[] {
  return refreshTokens(outcomes).map((token) => AuthManager.convertToken(token).claims.rid);
}

function isGuarded(cookie: string): boolean {
  return cookie.startsWith("__Host-") && ["HttpOnly", "Secure", "SameSite=Lax"].every((part) => cookie.includes(part));
}

function pairOf(cookie: string): string {
  return cookie.split(";", 1)[0] ?? "";
}
