/** A GraphQL host as the suite sees it: how to start it, its transports and its limits. */
import { EventEmitter } from "node:events";
import type { AuthManager, AuthManagerConfig } from "claimgate";
import type { TestClock } from "claimgate/testing";
import { afterAll, beforeAll } from "vitest";
import type { HostOptions, RunningHost } from "../../../examples/hosts/graphql/host.ts";
import { createSchema } from "../../../examples/hosts/graphql/schema.ts";
import { createAuth } from "../../support/create-auth.ts";

/** The transport of queries and mutations. */
export type Transport = "http" | "ws";

/** A feature that a host may lack. */
export type Limit =
  | "answer over HTTP"
  | "start again with a schema it served"
  | "serve subscriptions"
  | "answer batches"
  | "negotiate the media type"
  | "keep indexes in paths as numbers"
  | "mask what a source throws";

/** The description of a host by its driver. */
export interface Host {
  readonly name: string;
  start(auth: AuthManager, options: HostOptions): Promise<RunningHost>;
  readonly transports: readonly Transport[];
  /** The transports of subscriptions. */
  readonly streams: readonly ("ws" | "sse")[];
  /** Each with the reason. The suite tests what the host does instead. */
  readonly cannot: Partial<Record<Limit, string>>;
}

/** A running host. */
export interface Served {
  readonly auth: AuthManager;
  readonly clock: TestClock;
  readonly feed: EventEmitter;
  readonly url: string;
  readonly wsUrl: string;
  /** A token of ada with these options. */
  mint(options?: Parameters<AuthManager["authToken"]>[1]): Promise<string>;
}

type Overrides = Partial<AuthManagerConfig>;

/** Runs `host` from the first test of a group to its last, with its own manager and feed. */
export function serve(host: Host, overrides: Overrides = {}, options: HostOptions = {}): Served {
  const { auth, clock } = createAuth({ ambient: true, ...overrides });
  const feed = new EventEmitter();
  let running: RunningHost | undefined;
  beforeAll(async () => {
    running = await host.start(auth, { schema: createSchema(feed), ...options });
  });
  afterAll(() => running?.close());
  const known = (url: string | undefined): string => {
    if (url === undefined) throw new Error(`${host.name} has no such URL`);
    return url;
  };
  return {
    auth,
    clock,
    feed,
    get url() {
      return known(running?.url);
    },
    get wsUrl() {
      return known(running?.wsUrl);
    },
    mint: async (options = {}) => (await auth.authToken("ada", options)).signed,
  };
}
