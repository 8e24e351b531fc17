/** The streams of the example, under the hand of a test: it ticks, and knows how many streams are open. */
import { expect, vi } from "vitest";
import { type Refusal, readRefusal } from "../../support/trpc.ts";
import { connect } from "./clients.ts";
import type { Host, Site } from "./host.ts";

export interface OpenTicker {
  readonly site: Site;
  /** Lets every stream have an event; gives the count that it tells of. */
  tick(): Promise<number>;
  streams(): Promise<{ open: number; opened: number }>;
  /** Waits until so many streams are open. */
  untilOpen(streams: number): Promise<void>;
}

/** A host on which no stream is open. */
export async function openTicker(host: Host): Promise<OpenTicker> {
  const site = await host.open();
  const client = connect(site);
  const tick = (): Promise<number> => client.tick.mutate();
  const streams = (): Promise<{ open: number; opened: number }> => client.streams.query();
  const untilOpen = (open: number): Promise<void> =>
    vi.waitFor(async () => expect(await streams()).toMatchObject({ open }));
  // A stream of an earlier test that waits for a tick ends with it.
  await tick();
  await untilOpen(0);
  return { site, tick, streams, untilOpen };
}

/** What a stream gave, and how it was refused, if it was. `values` fills as they come. */
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
