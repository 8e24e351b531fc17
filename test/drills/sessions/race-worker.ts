/** A process of the race drill: opens the store of its first message, and then follows orders. */
import { openShared, type SharedKind } from "./drilled-stores.ts";
import { createParty, type Outcome, type Party, type RaceOptions } from "./race-party.ts";

/** A message from the drill. */
export type Order =
  | { readonly order: "open"; readonly kind: SharedKind; readonly place: string; readonly options: RaceOptions }
  | { readonly order: "refresh"; readonly id: number; readonly token: string; readonly count: number };

/** A message from the worker. */
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
    // Connected, warmed up, and aware of the server's clock before the race begins.
    await party.auth.sessions("nobody");
    tell({ answer: "open" });
    return;
  }
  if (!party) throw new TypeError("The worker was ordered to refresh before it opened a store");
  const outcomes = await party.refreshMany(order.token, order.count);
  tell({ answer: "refreshed", id: order.id, outcomes, counts: party.counts() });
}

process.on("message", (order: Order) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// The worker ends with the process that started it.
process.on("disconnect", () => process.exit(0));
