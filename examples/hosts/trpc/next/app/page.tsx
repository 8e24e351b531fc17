/** A server component and a server action that call the router with the reader's credentials. */
import { isAuthError } from "claimgate";
import { headers } from "next/headers";
import { createActionCaller, createPageCaller } from "./server-caller.ts";

async function moveToSales(): Promise<void> {
  "use server";
  const caller = createActionCaller(await headers());
  await caller.move({ id: await caller.me(), department: "sales" });
}

/** Returns the reason of a refusal. Rethrows any other error, because the page must not show it. */
function showRefusal(error: unknown): string {
  const { cause } = error as Error;
  if (!isAuthError(cause)) throw error;
  return cause.reason;
}

export default async function Page() {
  const caller = createPageCaller(await headers());
  const department = async () => (await caller.user({ id: await caller.me() })).department;
  return (
    <form action={moveToSales}>
      <p>{await caller.greeting().catch(showRefusal)}</p>
      <p>Department: {await department().catch(showRefusal)}</p>
      <p>Statistics: {await caller.stats().catch(showRefusal)}</p>
      <button type="submit">Move to sales</button>
    </form>
  );
}
