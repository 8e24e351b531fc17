/** The contenders of a run: cases with the working tree's claimgate, or with another commit's. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Case, Table } from "../harness/types.ts";
import { placeCommit } from "./other-commit.ts";
import type { Contender } from "./run-table.ts";

/**
 * Copies the compiled cases into a folder whose `node_modules` has the other commit's claimgate.
 * Node finds that copy before the one of `bench`, and all other packages where all cases find them.
 */
export function prepareOther(ref: string, compiled: string): string {
  const other = join(compiled, "../other");
  placeCommit(ref, join(other, "node_modules/claimgate"));
  cpSync(compiled, join(other, "bench"), { recursive: true });
  return join(other, "bench");
}

export interface Copies {
  /** The folder of the compiled cases that import the working tree's claimgate. */
  readonly compiled: string;
  /** The folder of those that import the other commit's. */
  readonly other: string;
  /** The other commit, as the tables call it. */
  readonly commit: string;
}

/** A case with the claimgate of the working tree. */
export function contendHere(table: Table, one: Case, compiled: string): Contender {
  return { name: one.name, table: table.name, one, compiled };
}

/** The same case with the claimgate of the other commit. */
export function contendThere(table: Table, one: Case, { other, commit }: Copies): Contender {
  return { name: nameOther(one.name, commit), table: table.name, one, compiled: other };
}

export function nameOther(name: string, commit: string): string {
  return `${name}, at ${commit}`;
}
