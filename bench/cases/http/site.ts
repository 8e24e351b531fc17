/** The parts that all servers share, and their messages to the process that loads them. */
import type { AuthManager } from "claimgate";

export type Transport = "tRPC" | "GraphQL";
export type Guard = "none" | "claimgate" | "claimgate, cache off" | "by hand" | "by hand, no cache";

/** The server's message once it listens. */
export interface Listening {
  readonly url: string;
  /** Valid tokens with the scope. */
  readonly good: readonly string[];
  /** Valid, but without the scope. */
  readonly poor: string;
  readonly forged: string;
}

/** The answer to the message `"cpu"`: microseconds since the start, user and system. */
export interface CpuTime {
  readonly cpuUs: number;
}

/** The input of a server. */
export interface Site {
  readonly guard: Guard;
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly auth: AuthManager;
}

export const ISSUER = "https://api.example.com";
/** The answer of the one guarded procedure or field. */
export const ITEM = { id: "1", name: "a thing", price: 42 };
