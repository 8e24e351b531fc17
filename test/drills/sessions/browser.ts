/** The browser drill: a user in Chromium on the example's page, and attacks from other pages. */
import type { BrowserContext } from "playwright-core";
import { AIMS, type Aim, forge, MEANS, type Means, type Transport } from "./browser-attacks.ts";
import {
  type Attacker,
  cookiesOf,
  openPage,
  openStage,
  press,
  probeChromium,
  SCENES,
  type Scene,
  type Stage,
} from "./browser-stage.ts";
import { visitPage } from "./browser-visit.ts";
import { createViolations, type Drill } from "./drill.ts";

const NOTE = "mine alone";

/** For a few seconds: a write and a read. */
const BRIEF_AIMS = AIMS.filter(({ route }) => route === "saveNote" || route === "note");

/** The result of a series of attacks. */
export interface Attacked {
  readonly attempts: number;
  /** The attacks that succeeded. */
  readonly successes: readonly Success[];
}

export interface Success {
  readonly scene: string;
  readonly attacker: Attacker["name"];
  readonly means: string;
  readonly transport: Transport;
  readonly route: Aim["route"];
  /** The parts of the state that changed. */
  readonly changed: readonly string[];
}

export const browserDrills: readonly Drill[] = [
  {
    drill: "browser",
    store: "memory",
    probe: probeChromium,
    async run(length) {
      const violations = createViolations();
      let steps = 0;
      let attacks = 0;
      const check = (what: string, isFine: boolean): void => {
        steps++;
        if (!isFine) violations.note(`The check failed: ${what}`);
      };
      for (let round = 0; round < (length === "long" ? 3 : 1); round++) {
        for (const scene of length === "long" ? SCENES : SCENES.slice(0, 1)) {
          await onStage(scene, async (stage) => {
            await visitPage(stage, check);
            const { attempts, successes } = await attackPage(stage, length === "long" ? AIMS : BRIEF_AIMS);
            attacks += attempts;
            for (const success of successes) violations.note(describeSuccess(success));
          });
        }
      }
      return { drill: "browser", store: "memory", counts: { steps, attacks }, violations: violations.list };
    },
  },
];

/** Opens a stage for the duration of the work. */
export async function onStage<T>(scene: Scene, work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await openStage(scene);
  try {
    return await work(stage);
  } finally {
    await stage.close();
  }
}

/** Every attacker tries every operation by every means, with and without a login of the victim. */
export async function attackPage(stage: Stage, all: readonly Aim[] = AIMS): Promise<Attacked> {
  const successes: Success[] = [];
  let attempts = 0;
  for (const isLoggedIn of [true, false]) {
    // Without a login of the victim, the only useful attack is a login.
    const aims = isLoggedIn ? all : AIMS.filter(({ route }) => route === "login");
    const victim = await openVictim(stage, isLoggedIn);
    let before = await victim.look();
    for (const attacker of stage.attackers) {
      for (const { means, transport, aim } of waysOf(aims)) {
        attempts++;
        const page = await victim.openTab(attacker.url);
        const seen = await means.send(page, forge(stage.url, transport, aim));
        const after = await victim.look();
        const changed = Object.keys(before).filter((key) => before[key] !== after[key]);
        if (seen.includes(NOTE)) changed.push("read");
        before = after;
        if (changed.length === 0) continue;
        const { scene } = stage;
        const { name } = attacker;
        successes.push({ scene: scene.name, attacker: name, means: means.name, transport, route: aim.route, changed });
        await victim.recover();
        before = await victim.look();
      }
    }
    await victim.close();
  }
  return { attempts, successes };
}

export function describeSuccess({ scene, attacker, means, transport, route, changed }: Success): string {
  return `${scene}: ${attacker} reached ${route} over ${transport} by ${means} (${changed.join(", ")})`;
}

function waysOf(aims: readonly Aim[]): readonly { means: Means; transport: Transport; aim: Aim }[] {
  return MEANS.flatMap((means) =>
    means.transports.flatMap((transport) =>
      aims.filter(({ kind }) => means.shows || kind === "mutation").map((aim) => ({ means, transport, aim })),
    ),
  );
}

interface Victim {
  /** The state that must not change. */
  look(): Promise<Readonly<Record<string, string>>>;
  /** Opens a tab of the victim's browser with a page of the attacker. */
  openTab(url: string): ReturnType<BrowserContext["newPage"]>;
  /** Restores the previous state. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

async function openVictim({ server, url, openContext }: Stage, isLoggedIn: boolean): Promise<Victim> {
  const context = await openContext();
  const tab = await context.newPage();
  const victim: Victim = {
    async look() {
      const sessions = await server.auth.sessions("ada");
      return {
        note: await server.users.note("ada"),
        session: sessions.map(({ id, lastUsedAt }) => `${id} ${lastUsedAt}`).join(),
        cookies: JSON.stringify(await cookiesOf(context)),
      };
    },
    async openTab(attackerUrl) {
      if (new URL(tab.url()).origin !== attackerUrl) await tab.goto(attackerUrl);
      return tab;
    },
    async recover() {
      await server.auth.revoke({ subject: "ada" });
      await server.users.saveNote("ada", NOTE);
      await context.clearCookies();
      if (!isLoggedIn) return;
      const page = await openPage(context, url);
      await press(page, "#login button");
      await page.close();
    },
    close: () => context.close(),
  };
  await victim.recover();
  return victim;
}
