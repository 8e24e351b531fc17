/** A process of the race drill: opens the store that its first message names, and then does as it is told. */
import { openShared, type SharedKind } from "./drilled-stores.ts";
import { createParty, type Outcome, type Party, type RaceOptions } from "./race-party.ts";

/** What the drill says. */
export type Order =
  | { readonly order: "open"; readonly kind: SharedKind; readonly place: string; readonly options: RaceOptions }
  | { readonly order: "refresh"; readonly id: number; readonly token: string; readonly count: number };

/** What the worker answers. */
export type Answer =
  | { readonly answer: "open" }
  | {
      readonly answer: "refreshed";
      readonly id: number;
      readonly outcomes: readonly Outcome[];
      readonly counts: ReturnType<Party["counts"]>;
    };

const tell = (answer: Answer): void => void process.send?.(answer);
let party: Party | undefined;

async function obey(order: Order): Promise<void> {
  if (order.order === "open") {
    party = createParty(await openShared(order.kind, order.place), order.options);
    // Connected, warm, and known to the server's clock before the race begins.
    await party.auth.sessions("nobody");
    tell({ answer: "open" });
    return;
  }
  if (!party) throw new TypeError("The worker was told to refresh before it was told to open");
  const outcomes = await party.refreshMany(order.token, order.count);
  tell({ answer: "refreshed", id: order.id, outcomes, counts: party.counts() });
}

process.on("message", (order: Order) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// Who started it is the only one it works for.
process.on("disconnect", () => process.exit(0));
