/** The probes of the fault drill: operations in progress when a store fails, and their results. */
import type { SessionStore } from "claimgate";
import type { FaultApp, Question } from "./fault-app.ts";
import { askNoting, askUntilAnswered, type ClientSession, type Party, pause, sidOf } from "./fault-load.ts";

export interface Fault {
  readonly name: string;
  /** Whether no operation can succeed during the fault. */
  readonly isOutage: boolean;
  begin(): void | Promise<void>;
  /** Makes the fault worse a moment later, when the probes are pending. Default: no change. */
  worsen?(): void;
  end(): void | Promise<void>;
}

export interface ProbeOptions {
  readonly party: Party;
  /** Groups of servers that share a store and a grace. */
  readonly groups: readonly (readonly FaultApp[])[];
  /** The same store on a connection without faults. */
  readonly direct: SessionStore;
  /** The number of probes of each kind for each server. */
  readonly each: number;
}

interface Probe {
  readonly ask: "login" | "refresh" | "logout" | "logoutEverywhere";
  readonly app: FaultApp;
  readonly others: readonly FaultApp[];
  /** The session before the probe; `undefined` for a login. */
  readonly session: ClientSession | undefined;
  readonly subject: string;
}

interface Probed {
  readonly probe: Probe;
  readonly status: number;
  /** The stored sessions of the subject just after the answer. */
  readonly kept: ReadonlyMap<string, string>;
  readonly tokens: { readonly refreshToken: string } | undefined;
}

const KINDS = ["login", "refresh", "logout", "logoutEverywhere"] as const;
const SETTLE_MS = 300;
const ON_THEIR_WAY_MS = 60;

/**
 * Starts the fault with pending probes, ends it after the last answer, and notes every violation.
 * Returns the number of 503s.
 */
export async function probe(fault: Fault, { party, groups, direct, each }: ProbeOptions): Promise<number> {
  const { violations } = party;
  const note = (text: string): void => violations.note(`${fault.name}: ${text}`);

  const prepare = async (app: FaultApp, apps: readonly FaultApp[], ask: Probe["ask"]): Promise<Probe> => {
    const subject = `probe-${crypto.randomUUID()}`;
    const others = apps.filter((one) => one !== app);
    if (ask === "login") return { ask, app, others, subject, session: undefined };
    const { answer } = await askUntilAnswered(party, [app], { ask: "login", subject }, 0);
    if (!answer.tokens) throw new Error(`A probe could not log in: ${answer.status} ${answer.reason}`);
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
  // Every cache has expired by now: an accepted caller would be the fault of the outage.
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
  // Every held message has arrived by now.
  await pause(SETTLE_MS);
  await Promise.all(probed.map((one) => judge(one)));
  return probed.filter(({ status }) => status === 503).length;

  async function judge({ probe, status, kept, tokens }: Probed): Promise<void> {
    const { ask, session, others } = probe;
    const later = await keptOf(probe);
    if (ask === "login") {
      // The session of a login answered with 503 is deleted if possible; it never appears later.
      if (status === 503)
        for (const id of later.keys()) if (!kept.has(id)) note("a login answered with 503 took effect later");
      if (status === 200 && later.size !== 1) note(`${later.size} sessions of one login`);
      return;
    }
    if (!session) return;
    if (status === 503 && later.get(session.sid) !== kept.get(session.sid))
      note(`a ${ask} answered with 503 took effect later: ${kept.get(session.sid)} became ${later.get(session.sid)}`);
    const hasEnded = ask !== "refresh" && (status === 200 || !later.has(session.sid));
    // The retry at another server, with the same token when the answer had no new one.
    const token = tokens?.refreshToken ?? session.refreshToken;
    const { answer } = await askUntilAnswered(party, others, { ask: "refresh", token }, 0);
    const expected = hasEnded ? "401 TOKEN_REVOKED" : "200 ";
    const said = `${answer.status} ${answer.reason ?? ""}`;
    if (said !== expected)
      note(`after a ${ask} answered with ${status}, a refresh was answered with ${said}, not ${expected}`);
    if (answer.tokens && sidOf(answer.tokens.refreshToken) !== session.sid) note("a retry led to another session");
  }
}

function questionOf({ ask, subject, session }: Probe): Question {
  if (ask === "refresh" || ask === "logout") return { ask, token: session?.refreshToken ?? "" };
  return { ask, subject };
}
