/** Finds the tables that a run is asked for. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Group, Table } from "../harness/types.ts";
import { BENCH } from "./paths.ts";

/** The groups there are: each a file in `cases`. */
export function listGroups(): string[] {
  const files = readdirSync(join(BENCH, "cases")).filter((name) => name.endsWith(".ts"));
  return files.map((name) => name.slice(0, -".ts".length)).toSorted();
}

/** The tables named: a whole group, a table, or all tables whose name starts so where none has exactly that name. None given: all. */
export async function selectTables(names: readonly string[], compiled: string): Promise<Table[]> {
  const wanted = names.length === 0 ? listGroups() : names;
  const selected: Table[] = [];
  for (const name of wanted) {
    const [group = ""] = name.split("/");
    if (!listGroups().includes(group)) throw new Error(`no group "${group}"; there are: ${listGroups().join(", ")}`);
    const { tables } = (await import(pathToFileURL(join(compiled, `cases/${group}.js`)).href)) as Group;
    for (const table of tables) check(table, group);
    const exact = tables.filter((table) => table.name === name);
    const found = exact.length > 0 ? exact : tables.filter((table) => name === group || table.name.startsWith(name));
    if (found.length === 0)
      throw new Error(`no table "${name}"; there are:\n${tables.map((table) => table.name).join("\n")}`);
    selected.push(...found);
  }
  return [...new Set(selected)];
}

/** The tables with those cases only whose name holds one of the `texts`, and with what these are measured against. */
export function selectCases(tables: readonly Table[], texts: readonly string[]): Table[] {
  const isNamed = (name: string): boolean => texts.some((text) => name.includes(text));
  return tables.flatMap((table) => {
    const { base, netOf, cases, goals = [] } = table;
    const named = cases.filter(({ name }) => isNamed(name));
    const held = goals.filter((goal) => isNamed(goal.case));
    const needed = [base, netOf, ...named.flatMap((one) => [one.name, one.netOf]), ...held.map((goal) => goal.against)];
    const kept = cases.filter(({ name }) => needed.includes(name));
    return named.length === 0 ? [] : [{ ...table, cases: kept, goals: held }];
  });
}

/** A name that is written wrong must not pass for a goal that is not measured. */
function check({ name, base, netOf, cases, goals = [] }: Table, group: string): void {
  const known = new Set(cases.map((one) => one.name));
  if (!name.startsWith(`${group}/`)) throw new Error(`table "${name}" is not named after its group "${group}"`);
  if (known.size !== cases.length) throw new Error(`table "${name}" has two cases of one name`);
  const named = [base, netOf, ...cases.map((one) => one.netOf), ...goals.flatMap((goal) => [goal.case, goal.against])];
  for (const one of named)
    if (typeof one === "string" && !known.has(one))
      throw new Error(`table "${name}" names a case "${one}" that it does not have`);
}
