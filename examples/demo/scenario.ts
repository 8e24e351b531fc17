/** The main part of the demo: every route, for every user, with every kind of token. */
import type { Auth } from "../server/auth.ts";
import { SAMPLE_USERS, type Users } from "../server/users.ts";
import { badAuthTokens, badRefreshTokens } from "./bad-tokens.ts";
import * as calls from "./calls.ts";
import { withNewcomers } from "./newcomers.ts";
import { type Attempt, authTokens, refreshTokens, type Transcript } from "./transcript.ts";

type Person = "ada" | "bob" | "grace";

const OK = "200 ok";
const LACKS_SCOPE = "403 SCOPE_INSUFFICIENT";
const LACKS_CLAIMS = "403 CLAIMS_INSUFFICIENT";
// The application itself rejects a wrong password, so the error has no reason of claimgate.
const WRONG_PASSWORD = "401 (no reason)";

/** The routes and their verdicts: Ada is the owner and in research, Grace is an admin. */
const ROUTES: readonly { call: calls.Call; entitled: Person; verdicts: Readonly<Record<Person, string>> }[] = [
  { call: calls.protectedRoute, entitled: "bob", verdicts: { ada: OK, bob: OK, grace: OK } },
  { call: calls.userSpecific("ada"), entitled: "ada", verdicts: { ada: OK, bob: LACKS_CLAIMS, grace: LACKS_CLAIMS } },
  { call: calls.customClaim, entitled: "ada", verdicts: { ada: OK, bob: LACKS_CLAIMS, grace: LACKS_CLAIMS } },
  { call: calls.adminDashboard, entitled: "grace", verdicts: { ada: LACKS_SCOPE, bob: LACKS_SCOPE, grace: OK } },
  { call: calls.tokenInfo, entitled: "bob", verdicts: { ada: OK, bob: OK, grace: OK } },
  { call: calls.overridable("ada"), entitled: "grace", verdicts: { ada: OK, bob: LACKS_CLAIMS, grace: OK } },
  { call: calls.note, entitled: "bob", verdicts: { ada: OK, bob: OK, grace: OK } },
  { call: calls.devices, entitled: "bob", verdicts: { ada: OK, bob: OK, grace: OK } },
];

export interface Stage {
  readonly transcript: Transcript;
  readonly users: Users;
  /** The server's manager with a clock that is one month behind. */
  readonly past: Auth;
}

export async function playScenario(stage: Stage): Promise<void> {
  const tokens = await playLogin(stage);
  await playGuardedRoutes(stage, tokens);
  await playGreeting(stage, tokens.ada);
  await playRefresh(stage);
}

async function playLogin({ transcript, past }: Stage): Promise<Record<Person, calls.Tokens>> {
  transcript.heading("Logging in");
  const logInByGuess = (username: string, holding: string) =>
    transcript.attempt({ who: username, holding, call: calls.login(username, "a guess"), expected: WRONG_PASSWORD });
  await logInByGuess("ada", "wrong password");
  await logInByGuess("unknown", "unknown user");

  const tokens: Record<string, calls.Tokens> = {};
  for (const { username, password } of SAMPLE_USERS) {
    const [trpc] = await transcript.attempt({
      who: username,
      holding: "right password",
      call: calls.login(username, password),
      expected: OK,
    });
    tokens[username] = trpc.answer as calls.Tokens;
  }
  // A public route ignores the token.
  await transcript.attempt({
    who: "ada",
    holding: "and an expired token",
    token: (await past.authToken("ada")).signed,
    call: calls.login("ada", passwordOf("ada")),
    expected: OK,
  });
  return tokens;
}

async function playGuardedRoutes({ transcript, past }: Stage, tokens: Record<Person, calls.Tokens>): Promise<void> {
  for (const { call, entitled, verdicts } of ROUTES) {
    transcript.heading(`The guarded route ${call.route}`);
    for (const [who, expected] of Object.entries(verdicts) as [Person, string][]) {
      await transcript.attempt({ who, holding: "valid token", token: tokens[who].authToken, call, expected });
    }
    for (const bad of await badAuthTokens(entitled, tokens[entitled], past)) {
      await transcript.attempt({ who: bad.token === undefined ? "anonymous" : entitled, call, ...bad });
    }
  }
}

async function playGreeting({ transcript, past }: Stage, ada: calls.Tokens): Promise<void> {
  const call = calls.greeting;
  transcript.heading("The route greeting: the token is optional");
  await transcript.attempt({ who: "anonymous", holding: "no token", call, expected: OK });
  await transcript.attempt({ who: "ada", holding: "valid token", token: ada.authToken, call, expected: OK });
  for (const bad of await badAuthTokens("ada", ada, past)) {
    if (bad.token !== undefined) await transcript.attempt({ who: "ada", call, ...bad });
  }
}

function playRefresh({ transcript, users, past }: Stage): Promise<void> {
  return withNewcomers(users, ["newcomer"], async ({ username, password }) => {
    const attempt = (holding: string, token: Attempt["token"], call: calls.Call, expected: string) =>
      transcript.attempt({ who: "newcomer", holding, token, call, expected });

    transcript.heading("Refresh: requires a refresh token");
    const tokens = await attempt("right password", undefined, calls.login(username, password), OK);
    for (const bad of await badRefreshTokens(username, tokens[0].answer as calls.Tokens, past)) {
      await attempt(bad.holding, bad.token, calls.refresh, bad.expected);
    }
    const before = await attempt("refresh token", refreshTokens(tokens), calls.refresh, OK);
    await attempt("refreshed token", authTokens(before), calls.adminDashboard, LACKS_SCOPE);

    await users.setAdmin(username, true);
    transcript.heading("Refresh: looks up the rights again, here after the newcomer became an admin");
    await attempt("earlier auth token", authTokens(before), calls.adminDashboard, LACKS_SCOPE);
    const after = await attempt("refresh token", refreshTokens(before), calls.refresh, OK);
    await attempt("refreshed token", authTokens(after), calls.adminDashboard, OK);

    await users.remove(username);
    transcript.heading("Refresh: ends the session if the account no longer exists");
    await transcript.attempt({
      who: "newcomer",
      holding: "refresh token",
      token: refreshTokens(after),
      call: calls.refresh,
      expected: "401 TOKEN_REVOKED",
      expectedOfGraphQL: "200, UNAUTHENTICATED TOKEN_REVOKED",
    });
    await attempt("refresh token", refreshTokens(after), calls.refresh, "401 TOKEN_REVOKED");
    await attempt("refreshed token", authTokens(after), calls.adminDashboard, "401 TOKEN_REVOKED");
  });
}

function passwordOf(username: Person): string {
  return SAMPLE_USERS.find((user) => user.username === username)?.password ?? "";
}
