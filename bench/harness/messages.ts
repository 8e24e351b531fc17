/** The messages between the runner and the process of a case. */
import type { Sample } from "./types.ts";

export type Order = { readonly do: "slice"; readonly ms: number } | { readonly do: "close" };

export type Report =
  | { readonly is: "ready"; readonly perCall: number; readonly about?: string }
  | { readonly is: "sample"; readonly sample: Sample }
  | { readonly is: "skipped"; readonly reason: string }
  | { readonly is: "failed"; readonly reason: string }
  | { readonly is: "closed" };
