/** The probes of the fault drill: operations that are begun just as a store fails, and what becomes of them once it is back. */
import type { SessionStore } from "claimgate";
import type { FaultApp, Question } from "./fault-app.ts";
import { askNoting, askUntilAnswered, type ClientSession, type Party, pause, sidOf } from "./fault-load.ts";

/** One way to fail. */
export interface Fault {
  readonly name: string;
  /** Whether nothing at all can be answered meanwhile. */
  readonly isOutage: boolean;
  /** The store fails. */
  begin(): void | Promise<void>;
  /** A moment later, when the probes are on their way. Default: nothing. */
  worsen?(): void;
  /** The store is back. */
  end(): void | Promise<void>;
}

export interface ProbeOptions {
  readonly party: Party;
  /** Servers that share a store, and the same grace. */
  readonly groups: readonly (readonly FaultApp[])[];
  /** The same store by a way that does not fail. */
  readonly direct: SessionStore;
  /** How many probes of each kind each server gets. */
  readonly each: number;
}

interface Probe {
  readonly ask: "login" | "refresh" | "logout" | "logoutEverywhere";
  readonly app: FaultApp;
  readonly others: readonly FaultApp[];
  /** What stood before; of a login `undefined`. */
  readonly session: ClientSession | undefined;
  readonly subject: string;
}

interface Probed {
  readonly probe: Probe;
  readonly status: number;
  /** What the store kept for the subject just after the answer. */
  readonly kept: ReadonlyMap<string, string>;
  readonly tokens: { readonly refreshToken: string } | undefined;
}

const KINDS = ["login", "refresh", "logout", "logoutEverywhere"] as const;
const SETTLE_MS = 300;
const ON_THEIR_WAY_MS = 60;

/**
 * Begins the fault with probes under way, ends it after the last was answered, and notes what is
 * not as it must be. Gives how many were 503.
 */
export async function probe(fault: Fault, { party, groups, direct, each }: ProbeOptions): Promise<number> {
  const { violations } = party;
  const note = (text: string): void => violations.note(`${fault.name}: ${text}`);

  const prepare = async (app: FaultApp, apps: readonly FaultApp[], ask: Probe["ask"]): Promise<Probe> => {
    const subject = `probe-${crypto.randomUUID()}`;
    const others = apps.filter((one) => one !== app);
    if (ask === "login") return { ask, app, others, subject, session: undefined };
    const { answer } = await askUntilAnswered(party, [app], { ask: "login", subject }, 0);
    if (!answer.tokens) throw new Error(`a probe could not log in: ${answer.status} ${answer.reason}`);
    return {
      ask,
      app,
      others,
      subject,
      session: { subject, sid: sidOf(answer.tokens.refreshToken), ...answer.tokens },
    };
  };

  const keptOf = async ({ subject }: Probe): Promise<ReadonlyMap<string, string>> => {
    const now = Date.now();
    const records = await direct.list(subject, { now: now / 1000, deadline: now + 10_000 });
    return new Map(records.map((record) => [record.id, JSON.stringify(record)]));
  };

  const fire = async (probe: Probe): Promise<Probed> => {
    const { status, tokens } = await askNoting(party, probe.app, questionOf(probe));
    return { probe, status, tokens, kept: await keptOf(probe) };
  };

  const probes = await Promise.all(
    groups.flatMap((apps) =>
      apps.flatMap((app) => KINDS.flatMap((kind) => Array.from({ length: each }, () => prepare(app, apps, kind)))),
    ),
  );
  const remembering = Math.max(...groups.flat().map(({ ttl }) => ttl)) * 1000;

  await fault.begin();
  if (fault.isOutage) party.outageSince = Date.now();
  const firing = Promise.all(probes.map(fire));
  await pause(ON_THEIR_WAY_MS);
  fault.worsen?.();
  // By now nobody remembers anything: whoever is let in here is let in by the outage.
  await pause(remembering);
  const asking = Promise.all(
    probes.flatMap(({ app, session }) =>
      session ? [askNoting(party, app, { ask: "me", token: session.authToken })] : [],
    ),
  );
  const [probed] = await Promise.all([firing, asking]);
  party.outageSince = undefined;
  await fault.end();

  const isBack = groups.flat().map((app) => askUntilAnswered(party, [app], { ask: "login", subject: "back" }, 0));
  await Promise.all(isBack);
  // Whatever was held has arrived by now.
  await pause(SETTLE_MS);
  await Promise.all(probed.map((one) => judge(one)));
  return probed.filter(({ status }) => status === 503).length;

  async function judge({ probe, status, kept, tokens }: Probed): Promise<void> {
    const { ask, session, others } = probe;
    const later = await keptOf(probe);
    if (ask === "login") {
      // What came of a login that was answered 503 is taken away again, if it can be; it never
      // comes later.
      if (status === 503) for (const id of later.keys()) if (!kept.has(id)) note("a login answered 503 happened later");
      if (status === 200 && later.size !== 1) note(`${later.size} sessions of one login`);
      return;
    }
    if (!session) return;
    if (status === 503 && later.get(session.sid) !== kept.get(session.sid))
      note(`a ${ask} answered 503 happened later: ${kept.get(session.sid)} became ${later.get(session.sid)}`);
    const hasEnded = ask !== "refresh" && (status === 200 || !later.has(session.sid));
    // The retry, with the same token where there was no other, at another server.
    const token = tokens?.refreshToken ?? session.refreshToken;
    const { answer } = await askUntilAnswered(party, others, { ask: "refresh", token }, 0);
    const expected = hasEnded ? "401 TOKEN_REVOKED" : "200 ";
    const said = `${answer.status} ${answer.reason ?? ""}`;
    if (said !== expected) note(`after a ${ask} answered ${status}, a refresh was answered ${said}, not ${expected}`);
    if (answer.tokens && sidOf(answer.tokens.refreshToken) !== session.sid) note("a retry led to another session");
  }
}

function questionOf({ ask, subject, session }: Probe): Question {
  if (ask === "refresh" || ask === "logout") return { ask, token: session?.refreshToken ?? "" };
  return { ask, subject };
}
