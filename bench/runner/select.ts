/** Finds the tables and cases of a run. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Case, Group, Table } from "../harness/types.ts";
import { BENCH } from "./paths.ts";

/**
 * The tables of these names: a group, a table, or a prefix of table names. No name selects all
 * tables.
 */
export async function selectTables(names: readonly string[], compiled: string): Promise<Table[]> {
  const groups = listGroups();
  const selected: Table[] = [];
  for (const name of names.length === 0 ? groups : names) {
    const [group = ""] = name.split("/");
    if (!groups.includes(group)) throw new Error(`no group "${group}"; the groups are: ${groups.join(", ")}`);
    const { tables } = (await import(pathToFileURL(join(compiled, `cases/${group}.js`)).href)) as Group;
    for (const table of tables) check(table, group);
    const exact = tables.filter((table) => table.name === name);
    const found = exact.length > 0 ? exact : tables.filter((table) => name === group || table.name.startsWith(name));
    if (found.length === 0)
      throw new Error(`no table "${name}"; the tables are:\n${tables.map((table) => table.name).join("\n")}`);
    selected.push(...found);
  }
  return [...new Set(selected)];
}

/**
 * The tables reduced to cases whose name contains one of `texts`, and to their base. Tables without
 * such a case are left out.
 */
export function selectCases(tables: readonly Table[], texts: readonly string[]): Table[] {
  return tables.flatMap((table) => {
    const named = table.cases.map(({ name }) => name).filter((name) => texts.some((text) => name.includes(text)));
    return named.length === 0 ? [] : [keepCases(table, [table.base, ...named])];
  });
}

/**
 * The table reduced to cases of these names, and to the case whose time is subtracted from them.
 */
export function keepCases(table: Table, names: readonly string[]): Table {
  for (const name of names)
    if (!table.cases.some((one) => one.name === name)) throw new Error(`table "${table.name}" has no case "${name}"`);
  return { ...table, cases: table.cases.filter(({ name }) => name === table.netOf || names.includes(name)) };
}

/** Whether `--against` measures a case on both commits. */
export function measuresClaimgate({ name, isClaimgate = name.startsWith("claimgate") }: Case): boolean {
  return isClaimgate;
}

/** Each file in `cases` is a group. */
function listGroups(): string[] {
  const files = readdirSync(join(BENCH, "cases")).filter((name) => name.endsWith(".ts"));
  return files.map((name) => name.slice(0, -".ts".length)).toSorted();
}

function check({ name, base, netOf = base, cases }: Table, group: string): void {
  const known = new Set(cases.map((one) => one.name));
  if (!name.startsWith(`${group}/`)) throw new Error(`table "${name}" is not named after its group "${group}"`);
  if (known.size !== cases.length) throw new Error(`table "${name}" has two cases of one name`);
  for (const one of [base, netOf])
    if (!known.has(one)) throw new Error(`table "${name}" names a case "${one}" that it does not have`);
}
