/** The clients of the fault drill: they send one request at a time and note every wrong answer. */
import { AuthManager } from "claimgate";
import type { createViolations } from "./drill.ts";
import { type Answer, ask, type FaultApp, type Question } from "./fault-app.ts";

/** The state that the clients of one drill share. */
export interface Party {
  readonly violations: ReturnType<typeof createViolations>;
  readonly counts: Counts;
  /** Milliseconds within which every answer must arrive, a 503 too. */
  readonly answerWithinMs: number;
  /**
   * Start of a complete outage of the store, in milliseconds since 1970; `undefined` at other
   * times.
   */
  outageSince: number | undefined;
  /** Milliseconds for which the machine has stalled this process so far; no server causes them. */
  stalledMs(): number;
}

export interface Counts {
  answers: number;
  unavailable: number;
  logins: number;
  refreshes: number;
  retries: number;
  reuses: number;
  logouts: number;
}

/** A session as its client knows it. */
export interface ClientSession {
  readonly subject: string;
  readonly sid: string;
  readonly authToken: string;
  readonly refreshToken: string;
}

export interface LoadClient {
  readonly subject: string;
  /** Resolves when the client has stopped, with its session if it is still live. */
  stop(): Promise<ClientSession | undefined>;
}

const PAUSE_MS = 20;
// A pause between two requests of one client, so that servers, stores and other clients can run.
const THINK_MS = 10;
const GIVE_UP_MS = 30_000;
const ROUNDS = 6;
// Half of the default grace of 10 s.
const SURELY_GRACE_MS = 5000;

/** Sends one request, and notes an answer that is wrong in every case. */
export async function askNoting(party: Party, app: FaultApp, question: Question): Promise<Answer> {
  const [startedAt, stalledBefore] = [Date.now(), party.stalledMs()];
  const answer = await ask(app, question);
  const took = Date.now() - startedAt;
  const stalled = party.stalledMs() - stalledBefore;
  party.counts.answers++;
  const said = `${question.ask} was answered with ${answer.status} ${answer.reason ?? ""} after ${took} ms`;
  if (answer.status === 503) party.counts.unavailable++;
  if (took - stalled > party.answerWithinMs) party.violations.note(`too late: ${said}`);
  const isRefusal = answer.status === 401 && ["TOKEN_REVOKED", "TOKEN_REUSED"].includes(answer.reason ?? "");
  const isUnavailable = answer.status === 503 && answer.reason === "STORE_UNAVAILABLE";
  if (answer.status !== 200 && !isRefusal && !isUnavailable)
    party.violations.note(`neither a right answer nor 503: ${said}`);
  const { outageSince } = party;
  const remembered = question.ask === "me" ? app.ttl * 1000 : 0;
  if (!isUnavailable && outageSince !== undefined && startedAt > outageSince + remembered)
    party.violations.note(`answered without the store: ${said}`);
  return answer;
}

/** Sends the same request to one server after another until the answer is not a 503. */
export async function askUntilAnswered(
  party: Party,
  apps: readonly FaultApp[],
  question: Question,
  first: number,
): Promise<{ readonly answer: Answer; readonly app: FaultApp; readonly retries: number }> {
  const startedAt = Date.now();
  for (let retries = 0; ; retries++) {
    const app = apps[(first + retries) % apps.length] as FaultApp;
    const answer = await askNoting(party, app, question);
    if (answer.status !== 503) return { answer, app, retries };
    party.counts.retries++;
    if (Date.now() - startedAt > GIVE_UP_MS) throw new Error(`${question.ask} is answered with 503 for too long`);
    await pause(PAUSE_MS);
  }
}

/**
 * A client of servers that share a store. With `grace`, a previous refresh token remains valid for
 * some time.
 */
export function startClient(party: Party, apps: readonly FaultApp[], subject: string, grace: boolean): LoadClient {
  const { violations, counts } = party;
  const stopping = new AbortController();
  let session: ClientSession | undefined;
  let turn = 0;

  const get = async (question: Question): ReturnType<typeof askUntilAnswered> => {
    await pause(THINK_MS);
    return askUntilAnswered(party, apps, question, turn++);
  };

  const expectOK = (what: string, { status, reason }: Answer, retries = 0): void => {
    if (status !== 200) violations.note(`${what} of a live session after ${retries} retries: ${status} ${reason}`);
  };

  const login = async (): Promise<ClientSession | undefined> => {
    const { answer } = await get({ ask: "login", subject });
    expectOK("login", answer);
    if (!answer.tokens) return undefined;
    counts.logins++;
    return { subject, sid: sidOf(answer.tokens.refreshToken), ...answer.tokens };
  };

  const refresh = async (live: ClientSession): Promise<ClientSession | undefined> => {
    const { answer, retries } = await get({ ask: "refresh", token: live.refreshToken });
    expectOK("refresh", answer, retries);
    if (!answer.tokens) return undefined;
    counts.refreshes++;
    const next = { ...live, ...answer.tokens };
    if (sidOf(next.refreshToken) !== live.sid) violations.note("a refresh returned a token of another session");
    if (ridOf(next.refreshToken) === ridOf(live.refreshToken)) violations.note("a refresh returned the same token");
    return next;
  };

  /** Presents a token that was just replaced. Returns the session if it is still live. */
  const presentAgain = async (old: ClientSession, live: ClientSession): Promise<ClientSession | undefined> => {
    const startedAt = Date.now();
    const { answer, retries } = await get({ ask: "refresh", token: old.refreshToken });
    counts.reuses++;
    if (answer.tokens) {
      // Valid within the grace. Without a grace it is valid if the store failed before it recorded
      // the delivery.
      if (ridOf(answer.tokens.refreshToken) !== ridOf(live.refreshToken))
        violations.note("a previous token led to a second successor");
      return live;
    }
    if (grace && Date.now() - startedAt < SURELY_GRACE_MS)
      violations.note(`a token replaced within the grace was answered with ${answer.reason}`);
    // After a 503, the retry may find that the reuse has already ended the session.
    if (answer.reason !== "TOKEN_REUSED" && retries === 0)
      violations.note(`a reused token was answered with ${answer.reason}`);
    await expectDead(live);
    return undefined;
  };

  const expectDead = async ({ authToken, refreshToken }: ClientSession, endedBy?: FaultApp): Promise<void> => {
    // Other servers notice the end when their caches have expired.
    if (endedBy === undefined) await pause(Math.max(...apps.map(({ ttl }) => ttl)) * 1000);
    const questions: Question[] = [
      { ask: "me", token: authToken },
      { ask: "refresh", token: refreshToken },
      { ask: "mySession", token: refreshToken },
    ];
    for (const question of questions) {
      for (const app of endedBy ? [endedBy] : apps) {
        const { answer } = await askUntilAnswered(party, [app], question, 0);
        if (answer.reason !== "TOKEN_REVOKED")
          violations.note(`${question.ask} of an ended session: ${answer.status} ${answer.reason ?? ""}`);
      }
    }
  };

  const end = async (live: ClientSession, everywhere: boolean): Promise<void> => {
    const { answer, app } = await get(
      everywhere ? { ask: "logoutEverywhere", subject } : { ask: "logout", token: live.refreshToken },
    );
    expectOK("logout", answer);
    counts.logouts++;
    await expectDead(live, app);
    await expectDead(live);
  };

  const live = async (): Promise<void> => {
    for (let life = 0; !stopping.signal.aborted; life++) {
      session ??= await login();
      for (let round = 0; round < ROUNDS && session && !stopping.signal.aborted; round++) {
        expectOK("me", (await get({ ask: "me", token: session.authToken })).answer);
        expectOK("mySession", (await get({ ask: "mySession", token: session.refreshToken })).answer);
        const before: ClientSession = session;
        session = await refresh(before);
        if (session && round === ROUNDS - 1 && life % 3 === 0) session = await presentAgain(before, session);
      }
      if (stopping.signal.aborted || !session || life % 3 === 0) continue;
      const ending = session;
      session = undefined;
      await end(ending, life % 3 === 1);
    }
  };

  const living = live().catch((error: unknown) => {
    violations.note(`a client gave up: ${String(error)}`);
    session = undefined;
  });

  return {
    subject,
    async stop() {
      stopping.abort();
      await living;
      return session;
    },
  };
}

export function sidOf(token: string): string {
  return String(AuthManager.convertToken(token).claims.sid);
}

function ridOf(token: string): string {
  return String(AuthManager.convertToken(token).claims.rid);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
