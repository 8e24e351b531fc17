/** The fault drills: killed Redis, terminated PostgreSQL connections, hanging stores. */
import { createHash } from "node:crypto";
import { UnsentError } from "claimgate";
import pg from "pg";
import { CLAIM, ROTATE } from "../../../src/core/stores/redis/redis-scripts.ts";
import { startRedisServer } from "../../core/stores/redis-server.ts";
import {
  DATABASE_URL,
  type OpenStore,
  openIORedis,
  openNodeRedis,
  openPostgres,
  uniqueName,
} from "../../support/open-stores.ts";
import { probeCommand, probeDatabase } from "../../support/probes.ts";
import { createViolations, type Drill, type DrillResult, type Length } from "./drill.ts";
import { type FaultApp, startApp } from "./fault-app.ts";
import { askUntilAnswered, type Party, pause, startClient } from "./fault-load.ts";
import { type Fault, probe } from "./fault-probes.ts";
import { startProxy, type TCPProxy } from "./tcp-proxy.ts";

const OPEN_REDIS = { redis: openNodeRedis, ioredis: openIORedis } as const;
type RedisKind = keyof typeof OPEN_REDIS;
const REDIS_KINDS = ["redis", "ioredis"] as const satisfies readonly RedisKind[];

/**
 * Each with the servers of two processes on one store, without a grace and with the default one.
 */
export const faultDrills: readonly Drill[] = [
  ...REDIS_KINDS.map((kind) => redisDrill("killed", kind, runKilled)),
  { drill: "terminated", store: "PostgreSQL", probe: probeDatabase, run: runTerminated },
  ...REDIS_KINDS.map((kind) => redisDrill("hanging", kind, runHangingRedis)),
  { drill: "hanging", store: "PostgreSQL", probe: probeDatabase, run: runHangingPostgres },
];

interface Plan {
  readonly drill: string;
  readonly store: string;
  readonly length: Length;
  /** Opens the store as the application does, once for each process. */
  open(): Promise<OpenStore>;
  /** Opens it on a connection without faults. */
  openDirect(): Promise<OpenStore>;
  /** Causes the faults. Returns its counters. */
  harm(stage: Stage): Promise<Readonly<Record<string, number>>>;
}

interface Stage {
  readonly party: Party;
  /** Groups of servers that share a grace. */
  readonly groups: readonly (readonly FaultApp[])[];
  readonly direct: OpenStore;
  /** Resolves after `refreshes` more refreshes of the clients; `what` names the event before. */
  progress(refreshes: number, what: string): Promise<void>;
}

const STORE_TIMEOUT = 0.6;
/** Added to the store's timeout: the time that two busy cores may need for everything else. */
const SLACK_MS = 2000;
const RECOVERY_MS = 30_000;
const TTLS = [0, 0.2];
const GRACES = [0, undefined];

/** Repeats a request while the store's connection recovers from the last fault. */
async function onceConnected<T>(ask: () => Promise<T>): Promise<T> {
  const until = Date.now() + RECOVERY_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UnsentError) || Date.now() > until) throw error;
    }
    await pause(20);
  }
}

async function runOn({ drill, store, length, open, openDirect, harm }: Plan): Promise<DrillResult> {
  const violations = createViolations();
  const stalls = watchStalls();
  const counts = { answers: 0, unavailable: 0, logins: 0, refreshes: 0, retries: 0, reuses: 0, logouts: 0 };
  const party: Party = {
    violations,
    counts,
    answerWithinMs: STORE_TIMEOUT * 1000 + SLACK_MS,
    outageSince: undefined,
    stalledMs: stalls.sum,
  };
  const opened: OpenStore[] = [];
  const apps: FaultApp[] = [];
  try {
    const direct = await openDirect();
    opened.push(direct);
    const processes = [await open(), await open()];
    opened.push(...processes);
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const groups = await Promise.all(
      GRACES.map((refreshGrace) =>
        Promise.all(
          processes.map((opened, i) =>
            startApp({ store: opened.store, secret, storeTimeout: STORE_TIMEOUT, refreshGrace, ttl: TTLS[i] ?? 0 }),
          ),
        ),
      ),
    );
    apps.push(...groups.flat());
    const perGroup = length === "short" ? 4 : 12;
    const clients = groups.flatMap((apps, g) =>
      Array.from({ length: perGroup }, (_, i) => ({
        apps,
        client: startClient(party, apps, `client-${g}-${i}`, GRACES[g] !== 0),
      })),
    );
    const progress = async (refreshes: number, what: string): Promise<void> => {
      const [goal, until] = [counts.refreshes + refreshes, Date.now() + RECOVERY_MS];
      while (counts.refreshes < goal) {
        if (Date.now() > until) return violations.note(`no recovery without a restart, after ${what}`);
        await pause(20);
      }
    };

    await progress(15, "the start");
    const counted = await harm({ party, groups, direct, progress });
    await progress(15, "the last fault");

    const sessions = await Promise.all(clients.map(({ client }) => client.stop()));
    let forgotten = 0;
    for (const [i, { apps, client }] of clients.entries()) {
      const session = sessions[i];
      const kept = await onceConnected(() => {
        const now = Date.now();
        return direct.store.list(client.subject, { now: now / 1000, deadline: now + 10_000 });
      });
      forgotten += kept.filter(({ id }) => id !== session?.sid).length;
      if (!session) continue;
      if (!kept.some(({ id }) => id === session.sid)) violations.note("a live session was lost");
      for (const app of apps) {
        const { answer } = await askUntilAnswered(party, [app], { ask: "me", token: session.authToken }, 0);
        if (answer.status !== 200) violations.note(`a live session was finally answered with ${answer.reason}`);
      }
      const { answer } = await askUntilAnswered(party, apps, { ask: "refresh", token: session.refreshToken }, i);
      if (answer.status !== 200) violations.note(`a live session could not be refreshed: ${answer.reason}`);
    }
    // Sessions whose login was answered with 503 and that could not be deleted; no client has their
    // tokens.
    return { drill, store, counts: { ...counts, ...counted, forgotten }, violations: violations.list };
  } finally {
    stalls.stop();
    await Promise.all(apps.map((app) => app.close()));
    await Promise.all(opened.map((store) => store.close()));
  }
}

const BEAT_MS = 20;

/** Adds up the delays of timers. */
function watchStalls(): { sum(): number; stop(): void } {
  let [stalled, last] = [0, Date.now()];
  const late = (): number => Math.max(0, Date.now() - last - BEAT_MS);
  const timer = setInterval(() => {
    stalled += late();
    last = Date.now();
  }, BEAT_MS);
  return { sum: () => stalled + late(), stop: () => clearInterval(timer) };
}

function redisDrill(
  drill: string,
  kind: RedisKind,
  run: (drill: string, kind: RedisKind, length: Length) => Promise<DrillResult>,
): Drill {
  return {
    drill,
    store: `Redis (${kind})`,
    probe: () => probeCommand("redis-server") ?? probeCommand("redis-cli"),
    run: (length) => run(drill, kind, length),
  };
}

/** Kills the process and restarts it, before and after the store's timeout. */
async function runKilled(drill: string, kind: RedisKind, length: Length): Promise<DrillResult> {
  const server = await startRedisServer();
  const open = (): Promise<OpenStore> => OPEN_REDIS[kind](drill, server.url);
  const pauses = [100, 900, 300];
  const times = length === "short" ? pauses.length : 20;
  try {
    return await runOn({
      drill,
      store: `Redis (${kind})`,
      length,
      open,
      openDirect: open,
      async harm({ party, progress }) {
        const before = party.counts.unavailable;
        for (let n = 0; n < times; n++) {
          await server.kill();
          party.outageSince = Date.now();
          await pause(pauses[n % pauses.length] ?? 0);
          party.outageSince = undefined;
          await server.restart();
          await progress(15, `kill ${n}`);
        }
        if (party.counts.unavailable === before) party.violations.note("no client noticed that Redis was killed");
        return { kills: times };
      },
    });
  } finally {
    await server.stop();
  }
}

/**
 * Terminates the backends of the drill's own connections: idle ones and busy ones, some of which
 * wait for a lock.
 */
async function runTerminated(length: Length): Promise<DrillResult> {
  const table = uniqueName();
  const ownUrl = new URL(DATABASE_URL);
  ownUrl.searchParams.set("application_name", table);
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 2 });
  const times = length === "short" ? 20 : 200;
  const terminate = async (which: "all" | "busy"): Promise<readonly string[]> => {
    const { rows } = await pool.query<{ state: string }>(
      `select state, pg_terminate_backend(pid) from pg_stat_activity
       where application_name = $1 and (state = 'active' or $2)`,
      [table, which === "all"],
    );
    return rows.map(({ state }) => state);
  };
  const locks = rowLocks(pool, table);
  try {
    return await runOn({
      drill: "terminated",
      store: "PostgreSQL",
      length,
      open: () => openPostgres(table, ownUrl.href),
      openDirect: () => openPostgres(table),
      async harm({ party, progress }) {
        const states: string[] = [];
        for (let n = 0; n < times; n++) {
          if (n % 2 === 0) states.push(...(await terminate("all")));
          else {
            // Once for the waiting statements, and once for their second try.
            await locks.begin();
            for (let tries = 0; tries < 2; tries++) {
              await pause(60);
              states.push(...(await terminate("busy")));
            }
            await locks.end();
          }
          await progress(5, `termination ${n}`);
        }
        const busy = states.filter((state) => state === "active").length;
        if (busy === 0) party.violations.note("no connection was busy when it was terminated");
        return { idle: states.length - busy, busy };
      },
    });
  } finally {
    await pool.end();
  }
}

async function runHangingRedis(drill: string, kind: RedisKind, length: Length): Promise<DrillResult> {
  const server = await startRedisServer();
  const proxy = await startProxy(server.port);
  try {
    return await runOn({
      drill,
      store: `Redis (${kind})`,
      length,
      open: () => OPEN_REDIS[kind](drill, `redis://127.0.0.1:${proxy.port}`),
      openDirect: () => OPEN_REDIS[kind](drill, server.url),
      harm: (stage) => hang(stage, half(faultsOf(proxy), length, kind === "redis"), length),
    });
  } finally {
    await proxy.close();
    await server.stop();
  }
}

async function runHangingPostgres(length: Length): Promise<DrillResult> {
  const table = uniqueName();
  const url = new URL(DATABASE_URL);
  const proxy = await startProxy(Number(url.port || 5432));
  url.port = String(proxy.port);
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 1 });
  try {
    return await runOn({
      drill: "hanging",
      store: "PostgreSQL",
      length,
      open: () => openPostgres(table, url.href),
      openDirect: () => openPostgres(table),
      harm: (stage) => hang(stage, half([...faultsOf(proxy), rowLocks(pool, table)], length, false), length),
    });
  } finally {
    await pool.end();
    await proxy.close();
  }
}

/**
 * For a few seconds: every second fault, from the first or the second on. Another store has the
 * rest.
 */
function half(faults: readonly Fault[], length: Length, hasFirst: boolean): readonly Fault[] {
  return length === "short" ? faults.filter((_, i) => (i % 2 === 0) === hasFirst) : faults;
}

async function hang(
  { party, groups, direct, progress }: Stage,
  faults: readonly Fault[],
  length: Length,
): Promise<Record<string, number>> {
  const times = length === "short" ? 1 : 5;
  let probed503 = 0;
  for (let n = 0; n < times; n++) {
    for (const fault of faults) {
      const before = party.counts.unavailable;
      const each = length === "short" ? 1 : 3;
      probed503 += await probe(fault, { party, groups, direct: direct.store, each });
      if (fault.isOutage && party.counts.unavailable === before)
        party.violations.note(`${fault.name}: no client noticed`);
      await progress(8, fault.name);
    }
  }
  return { faults: times * faults.length, probed503 };
}

// The text on the wire: Redis receives the hash of a script, and PostgreSQL the statement.
const ROTATION = new RegExp(`${hashOf(ROTATE)}|'version', \\(record`);
const CLAIMING = new RegExp(`${hashOf(CLAIM)}|'version', \\$4`);

function hashOf(script: string): string {
  return createHash("sha1").update(script).digest("hex");
}

function faultsOf(proxy: TCPProxy): Fault[] {
  const end = (): void => proxy.release();
  const deliverLate = (): void => proxy.dropAndDeliver(STORE_TIMEOUT * 400);
  return [
    { name: "requests held", isOutage: true, begin: () => proxy.hold("requests"), end },
    { name: "answers held", isOutage: true, begin: () => proxy.hold("replies"), end },
    { name: "rotations held", isOutage: false, begin: () => proxy.holdFrom(ROTATION, "requests"), end },
    { name: "answers to rotations held", isOutage: false, begin: () => proxy.holdFrom(ROTATION, "replies"), end },
    { name: "claims held", isOutage: false, begin: () => proxy.holdFrom(CLAIMING, "requests"), end },
    { name: "answers to claims held", isOutage: false, begin: () => proxy.holdFrom(CLAIMING, "replies"), end },
    { name: "connections dropped", isOutage: true, begin: () => proxy.drop(), end },
    {
      name: "connections dropped, requests late",
      isOutage: true,
      begin: () => proxy.hold("requests"),
      worsen: deliverLate,
      end,
    },
    {
      name: "connections dropped, rotations late",
      isOutage: false,
      begin: () => proxy.holdFrom(ROTATION, "requests"),
      worsen: deliverLate,
      end,
    },
  ];
}

/** Another transaction locks every session: writes wait for it, and then come too late. */
function rowLocks(pool: pg.Pool, table: string): Fault {
  let client: pg.PoolClient | undefined;
  return {
    name: "rows locked",
    isOutage: false,
    async begin() {
      client = await pool.connect();
      await client.query("begin");
      await client.query(`select 1 from "${table}" for update`);
    },
    async end() {
      await client?.query("commit");
      client?.release();
    },
  };
}
