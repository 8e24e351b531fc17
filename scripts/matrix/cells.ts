/** Runs the cells of a plan and returns their tables. */
import { checkBrowser } from "./browser.ts";
import { inParallel, type Outcome, once, passed, settle } from "./outcome.ts";
import { type Installed, installPeerSet, PEERS, type PeerSet } from "./peer-sets.ts";
import type { Plan } from "./plan.ts";
import { type Brought, bringRuntime, type Runtime } from "./runtimes.ts";
import { type Programmes, prepareSmoke, runSmoke } from "./smoke.ts";
import type { Table } from "./table.ts";
import { checkTypes, examplesFor } from "./typescript.ts";
import { bringWorkerd, checkWorkerd, type Workerd } from "./workerd.ts";

// Cells that run at once. More than the number of processors would only slow each one down.
const LIMIT = 2;

type Made<T> = () => Promise<T>;

/** The installations that cells share. Each is made once, at its first use. */
interface Workshop {
  readonly smoke: Made<Programmes>;
  readonly runtimes: ReadonlyMap<Runtime, Made<Brought>>;
  readonly sets: ReadonlyMap<PeerSet, Made<Installed>>;
  /** The oldest and the newest set, with the other packages of the README's examples. */
  readonly ends: ReadonlyMap<PeerSet, Made<Installed>>;
  readonly workerd: Made<Workerd>;
}

/** Runs all cells of a plan. A failed installation fails only the cells that need it. */
export async function runCells(workspace: string, tarball: string, plan: Plan): Promise<Table[]> {
  const workshop = openWorkshop(workspace, tarball, plan);
  const { runtimes, sets, ends, workerd } = workshop;
  const shared = [...runtimes.values(), ...sets.values(), ...ends.values()];
  await inParallel(
    LIMIT,
    [...shared, ...(plan.hasWorkerd ? [workerd] : [])].map((make) => () => make().then(ignore, ignore)),
  );
  return [await runPeerTable(workshop, plan), await runEndsTable(workshop, plan)];
}

function openWorkshop(workspace: string, tarball: string, plan: Plan): Workshop {
  const install = (set: PeerSet, purpose: string, beside = {}): Made<Installed> =>
    once(() => installPeerSet(workspace, tarball, set, { purpose, beside }));
  return {
    smoke: once(() => prepareSmoke(workspace)),
    runtimes: new Map(plan.runtimes.map((runtime) => [runtime, once(() => bringRuntime(workspace, runtime))])),
    sets: new Map(plan.sets.map((set) => [set, install(set, "peers")])),
    ends: new Map(plan.ends.map((set) => [set, install(set, "ends", examplesFor(set.versions).companions)])),
    workerd: once(() => bringWorkerd(workspace)),
  };
}

/** Runs the first table: a row for each set of peers, a column for each runtime. */
async function runPeerTable({ smoke, runtimes, sets }: Workshop, { includes }: Plan): Promise<Table> {
  const columns = await Promise.all(
    [...runtimes].map(async ([runtime, bring]) => nameOf(bring, runtime.name, ({ version }) => version)),
  );
  const pairs = [...sets].flatMap(([set, install]) =>
    [...runtimes].map(([runtime, bring]) => ({ set, install, runtime, bring })),
  );
  const cells = await inParallel(
    LIMIT,
    pairs.map(({ set, install, runtime, bring }) => async () => {
      if (!includes(runtime, set)) return undefined;
      const name = `${runtime.install ?? "node"} with ${set.name}`;
      return report(name, () => settle(async () => runSmoke(await smoke(), await bring(), await install())));
    }),
  );
  const rows = [...sets].map(async ([set, install], i) => {
    const { versions } = await install().catch(() => set);
    return {
      head: PEERS.map((peer) => versions[peer]),
      note: set.dependencies && `With ${listOf(set.dependencies)}, the lowest that claimgate takes.`,
      cells: cells.slice(i * runtimes.size, (i + 1) * runtimes.size),
    };
  });
  return { head: [...PEERS.map((peer) => peer), ...columns], rows: await Promise.all(rows) };
}

/** Runs the second table: rows of compilers and bundles, columns of the oldest and newest peers. */
async function runEndsTable({ ends, workerd }: Workshop, plan: Plan): Promise<Table> {
  const checks: { readonly name: string; readonly check: (installed: Installed) => Promise<Outcome> }[] = [
    ...plan.compilers.map((compiler) => ({
      name: `TypeScript ${compiler.version}`,
      check: (installed: Installed) => checkTypes(compiler, installed),
    })),
    { name: "browser", check: async ({ project }) => passed(await checkBrowser(project)) },
  ];
  if (plan.hasWorkerd)
    checks.push({
      name: "workerd",
      check: async ({ project }) => passed(await checkWorkerd(await workerd(), project)),
    });
  const columns = await inParallel(
    LIMIT,
    [...ends].map(([set, install]) => async () => {
      const cells: Outcome[] = [];
      // One at a time, because the compilers share the folder's tsconfig.json.
      for (const { name, check } of checks)
        cells.push(await report(`${name} with ${set.name}`, () => settle(async () => check(await install()))));
      return cells;
    }),
  );
  const names = [
    ...plan.compilers.map(({ version }) => `TypeScript ${version}`),
    "bundled for the browser, run without Node built-ins",
    ...(plan.hasWorkerd ? [await nameOf(workerd, "workerd", ({ version }) => version)] : []),
  ];
  return {
    head: ["", ...plan.ends.map(({ name }) => `${name} peers`)],
    rows: names.map((name, i) => ({ head: [name], cells: columns.map((cells) => cells[i]) })),
  };
}

function listOf(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

async function nameOf<T>(make: Made<T>, name: string, versionOf: (made: T) => string): Promise<string> {
  const version = await make().then(versionOf, () => "");
  return `${name} ${version}`.trim();
}

/** Runs a cell and prints its outcome at once, because the whole matrix takes minutes. */
async function report(name: string, cell: () => Promise<Outcome>): Promise<Outcome> {
  const started = performance.now();
  const outcome = await cell();
  const detail = outcome.kind === "passed" ? `${outcome.checks} checks. ${outcome.note ?? ""}`.trim() : outcome.kind;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.error(`${name}: ${detail} (${seconds} s)${outcome.kind === "failed" ? `\n${outcome.why}\n` : ""}`);
  return outcome;
}

function ignore(): void {}
