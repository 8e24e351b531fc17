/** Plays a theft step by step, and compares every answer with the model. */
import { AuthManager } from "claimgate";
import {
  type ModelAnswer,
  type ModelState,
  nameOf,
  type Presentation,
  present,
  STOLEN,
  type Step,
  WAIT_SECONDS,
  type Who,
  wait,
} from "./theft-model.ts";
import type { DoorAnswer, Stage, Tokens } from "./theft-stage.ts";

/** Plays `script` with a new session. Returns the violations; empty when every answer is right. */
export async function play(script: readonly Step[], stage: Stage): Promise<string[]> {
  const { auth, grace, doors } = stage;
  const wrong: string[] = [];
  const told: string[] = [];
  const subject = `subject-${crypto.randomUUID()}`;
  const stolen = await auth.login(subject, { label: "stolen" });
  const other = await auth.login(subject, { label: "other" });
  const sid = sidOf(stolen);
  // The tokens by position, as they were first returned.
  const row: Tokens[] = [stolen];
  const said = [claimsOf(stolen)];
  const all: Tokens[] = [stolen];
  let state: ModelState = STOLEN;
  let reuses = 0;
  const note = (text: string): void => void wrong.push(`[${told.join("; ")}] ${text}`);

  /** Translates the answer into the model's terms. */
  const read = (answer: DoorAnswer): number | string => {
    if (answer === "in") return "in";
    if ("refused" in answer) return answer.refused;
    all.push(answer);
    const claims = claimsOf(answer);
    const known = said.findIndex(({ rid }) => rid === claims.rid);
    if (known < 0) {
      row.push(answer);
      return said.push(claims) - 1;
    }
    // The same successor has the same claims each time.
    if (JSON.stringify(said[known]) !== JSON.stringify(claims)) note("a token was returned again with other claims");
    return known;
  };

  const ask = (presentation: Presentation): Promise<DoorAnswer> => {
    const { who, token, at } = presentation;
    const number = token === "stolen" ? 0 : state.newest[who];
    return doors[who][at](row[number]?.refreshToken ?? "");
  };

  const one = async (presentation: Presentation): Promise<void> => {
    const answer = read(await ask(presentation));
    const expected = present(state, presentation, grace);
    told.push(`${nameOf(presentation)}: ${answer}`);
    if (answer !== expected.answer) note(`expected ${expected.answer}`);
    state = expected.state;
    if (answer === "401 TOKEN_REUSED") reuses++;
  };

  // Concurrent steps must have the result of one of the two sequences.
  const both = async (): Promise<void> => {
    const each = (["A", "V"] as const).map((who): Presentation => ({ who, token: "newest", at: "refresh" }));
    const answers = (await Promise.all(each.map(ask))).map(read);
    told.push(`both: ${answers.join(" and ")}`);
    reuses += answers.filter((answer) => answer === "401 TOKEN_REUSED").length;
    const [a, v] = each as [Presentation, Presentation];
    const orders = [inOrder(state, a, v, grace), inOrder(state, v, a, grace)];
    const match = orders.find(({ answer }) => answer.A === answers[0] && answer.V === answers[1]);
    // Two concurrent presentations may both detect the reuse.
    const isReusedTwice =
      answers.every((answer) => answer === "401 TOKEN_REUSED") &&
      each.every((presentation) => present(state, presentation, grace).answer === "401 TOKEN_REUSED");
    if (!match && !isReusedTwice)
      note(`expected ${orders.map(({ answer }) => `${answer.A} and ${answer.V}`).join(", or ")}`);
    state = (match ?? orders[0] ?? { state }).state;
  };

  // The auth tokens have the same verdict as the session, at once.
  const checkEntry = async (tokens: readonly Tokens[]): Promise<void> => {
    const expected = state.isAlive ? "in" : "401 TOKEN_REVOKED";
    for (const who of ["A", "V"] as const) {
      for (const { authToken } of tokens) {
        const answer = read(await doors[who].enter(authToken));
        if (answer !== expected) note(`an auth token of ${who}: ${answer}, expected ${expected}`);
      }
    }
  };

  await checkEntry([stolen]);
  for (const step of script) {
    if (step === "wait") {
      await stage.pass(WAIT_SECONDS);
      state = wait(state);
      told.push("wait");
    } else if (step === "both") await both();
    else await one(step);
    await checkEntry(all.slice(-1));
  }
  await checkEntry(all);

  const ids = (await auth.sessions(subject)).map(({ id }) => id);
  const expected = state.isAlive ? [sid, sidOf(other)] : [sidOf(other)];
  if (ids.toSorted().join() !== expected.toSorted().join()) note(`${ids.length} sessions of the subject are live`);
  if (!state.isAlive) await checkDeath(row, stage, note, read);
  if (stage.reusesOf(sid) !== reuses) note(`${stage.reusesOf(sid)} reuses were reported, not ${reuses}`);
  if (reuses > 0 === state.isAlive) note("a session has ended without a reuse, or survived one");
  await checkOther(other, stage, note);
  return wrong;
}

/** The session is over for both, with every token that it ever had. */
async function checkDeath(
  row: readonly Tokens[],
  { doors }: Stage,
  note: (text: string) => void,
  read: (answer: DoorAnswer) => number | string,
): Promise<void> {
  // A copy, because a token returned by mistake must not extend the loop.
  const tokens = row.map(({ refreshToken }, number) => ({ refreshToken, number }));
  for (const who of ["A", "V"] as const) {
    for (const { number, refreshToken } of tokens) {
      for (const at of ["refresh", "guard"] as const) {
        const answer = read(await doors[who][at](refreshToken));
        if (answer !== "401 TOKEN_REVOKED") note(`afterwards token ${number} of ${who} at ${at}: ${answer}`);
      }
    }
  }
}

/** Another session of the same subject is not affected. */
async function checkOther(other: Tokens, { doors, reusesOf }: Stage, note: (text: string) => void): Promise<void> {
  const entered = await doors.V.enter(other.authToken);
  if (entered !== "in") note("the auth token of another session is rejected");
  const answer = await doors.V.refresh(other.refreshToken);
  if (answer === "in" || "refused" in answer) note("another session cannot be refreshed");
  else if (sidOf(answer) !== sidOf(other)) note("another session was refreshed into a third");
  if (reusesOf(sidOf(other)) > 0) note("another session is reported as reused");
}

function inOrder(
  state: ModelState,
  first: Presentation,
  second: Presentation,
  grace: number,
): { readonly answer: Readonly<Record<Who, ModelAnswer>>; readonly state: ModelState } {
  // Each presents the token that it held before.
  const held = state.newest[second.who];
  const one = present(state, first, grace);
  const between = { ...one.state, newest: { ...one.state.newest, [second.who]: held } };
  const two = present(between, second, grace);
  const answer = { [first.who]: one.answer, [second.who]: two.answer } as Record<Who, ModelAnswer>;
  return { answer, state: two.state };
}

function claimsOf({ refreshToken }: Tokens): Readonly<Record<"sid" | "rid" | "iat" | "exp", unknown>> {
  const { sid, rid, iat, exp } = AuthManager.convertToken(refreshToken).claims;
  return { sid, rid, iat, exp };
}

function sidOf(tokens: Tokens): string {
  return String(claimsOf(tokens).sid);
}
