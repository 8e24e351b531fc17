/** What the servers have in common, and what their process says to the one that loads them. */
import type { AuthManager } from "claimgate";

export type Transport = "tRPC" | "GraphQL";
export type Guard = "none" | "claimgate" | "claimgate, cache off" | "by hand" | "by hand, no cache";

/** What it sends once it listens. */
export interface Listening {
  readonly url: string;
  /** A caller's tokens, all good for what is asked. */
  readonly good: readonly string[];
  /** Valid, and without the scope that is asked for. */
  readonly poor: string;
  readonly forged: string;
}

/** What it sends for the message `"cpu"`, in microseconds since it started, user and system. */
export interface CpuTime {
  readonly cpuUs: number;
}

/** What a server is made of. */
export interface Site {
  readonly guard: Guard;
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly auth: AuthManager;
}

export const ISSUER = "https://api.example.com";
/** What the one guarded procedure, or field, gives. */
export const ITEM = { id: "1", name: "a thing", price: 42 };
