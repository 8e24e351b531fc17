/** The theft drill: attacker and victim use one refresh token in every order. */
import { createViolations, type Drill, type DrillResult, type Length } from "./drill.ts";
import { STORE_KINDS, type StoreKind } from "./drilled-stores.ts";
import { scriptsAroundWait, scriptsOf } from "./theft-model.ts";
import { play } from "./theft-play.ts";
import { serverDoors } from "./theft-servers.ts";
import { managerDoors, type OpenDoors, openStage } from "./theft-stage.ts";

const DRILL = "theft";

interface Cast {
  readonly kind: StoreKind;
  readonly doors: OpenDoors;
  /** The number of steps of the longest sequences. */
  readonly steps: Readonly<Record<Length, number>>;
  /** How many are played at once, each on its own clock. */
  readonly stages: number;
}

export const theftDrills: readonly Drill[] = [
  ...STORE_KINDS.map((kind) => drillOf(kind.store, { kind, doors: managerDoors, ...lengthOf(kind) })),
  ...STORE_KINDS.filter(({ store }) => ["memory", "Redis (redis)"].includes(store)).map((kind) =>
    drillOf(`${kind.store}, tRPC and Yoga`, { kind, doors: serverDoors, steps: { short: 1, long: 3 }, stages: 2 }),
  ),
];

function lengthOf({ store }: StoreKind): Pick<Cast, "steps" | "stages"> {
  if (store === "memory") return { steps: { short: 2, long: 4 }, stages: 1 };
  // PGlite runs one query at a time.
  if (store === "PGlite") return { steps: { short: 1, long: 3 }, stages: 1 };
  return { steps: { short: 1, long: 3 }, stages: 8 };
}

function drillOf(store: string, cast: Cast): Drill {
  return { drill: DRILL, store, probe: cast.kind.probe, run: (length) => run(store, cast, length) };
}

async function run(store: string, { kind, doors, steps, stages }: Cast, length: Length): Promise<DrillResult> {
  const { note, list } = createViolations();
  const opened = await kind.open();
  let orders = 0;
  try {
    for (const grace of [0, undefined]) {
      // Sequences of three steps include those around a wait. Over servers, only the long drill
      // plays them.
      const around = steps[length] < 3 && store === "memory" && doors === managerDoors ? scriptsAroundWait() : [];
      const waiting = [...scriptsOf(steps[length]), ...around];
      orders += waiting.length;
      const work = async (): Promise<void> => {
        const stage = await openStage(opened.store, doors, grace === undefined ? {} : { grace });
        try {
          for (let script = waiting.pop(); script; script = waiting.pop())
            for (const violation of await play(script, stage)) note(`grace ${stage.grace}: ${violation}`);
        } finally {
          await stage.close();
        }
      };
      await Promise.all(Array.from({ length: stages }, work));
    }
  } finally {
    await opened.close();
  }
  return { drill: DRILL, store, counts: { orders, steps: steps[length] }, violations: list };
}
