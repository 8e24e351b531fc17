/** The example's streams under the control of a test, which sends ticks and counts open streams. */
import { expect, vi } from "vitest";
import { type Refusal, readRefusal } from "../../support/trpc.ts";
import { connect } from "./clients.ts";
import type { Host, Site } from "./host.ts";

export interface OpenTicker {
  readonly site: Site;
  /** Sends an event to every stream; returns its count. */
  tick(): Promise<number>;
  streams(): Promise<{ open: number; opened: number }>;
  /** Waits until `streams` streams are open. */
  untilOpen(streams: number): Promise<void>;
}

/** A host without open streams. */
export async function openTicker(host: Host): Promise<OpenTicker> {
  const site = await host.open();
  const client = connect(site);
  const tick = (): Promise<number> => client.tick.mutate();
  const streams = (): Promise<{ open: number; opened: number }> => client.streams.query();
  const untilOpen = (open: number): Promise<void> =>
    vi.waitFor(async () => expect(await streams()).toMatchObject({ open }));
  // A tick ends a stream that an earlier test has left open.
  await tick();
  await untilOpen(0);
  return { site, tick, streams, untilOpen };
}

/** The values of a stream, and its refusal, if any. `values` fills as they arrive. */
export async function collect(
  stream: AsyncIterable<number>,
  values: number[] = [],
): Promise<{ values: number[]; refusal?: Refusal }> {
  try {
    for await (const value of stream) values.push(value);
    return { values };
  } catch (error) {
    return { values, refusal: readRefusal((error as { data: never }).data) };
  }
}
