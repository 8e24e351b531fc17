/** Guards a schema of many types: measures `apply` alone, each time on a new schema. */
import assert from "node:assert/strict";
import { MapperKind, mapSchema } from "@graphql-tools/utils";
import { requireTokenDirective } from "claimgate/graphql";
import { buildASTSchema, type GraphQLSchema, isObjectType, parse } from "graphql";
import { readCpuUs } from "../../harness/measure.ts";
import type { Work } from "../../harness/types.ts";

/** `"mapSchema"` copies every field and guards none: the base of `apply`. */
export type Step = "apply" | "mapSchema";

export async function loadBuild(types: number, step: Step): Promise<Work> {
  const requireToken = requireTokenDirective();
  const document = parse(`${requireToken.typeDefs}\n${writeTypes(types)}`, { noLocation: true });
  const run = (schema: GraphQLSchema): GraphQLSchema =>
    step === "apply"
      ? requireToken.apply(schema)
      : mapSchema(schema, { [MapperKind.OBJECT_FIELD]: (config) => ({ ...config }) });
  return {
    perCall: types,
    call: () => undefined,
    prove: async () => prove(run(buildASTSchema(document)), types, step),
    async slice(ms) {
      const end = performance.now() + ms;
      let [calls, ns, cpuUs] = [0, 0, 0];
      do {
        const schema = buildASTSchema(document);
        const cpu = process.cpuUsage();
        const start = performance.now();
        run(schema);
        ns += (performance.now() - start) * 1e6;
        cpuUs += readCpuUs(cpu);
        calls++;
        await new Promise((resolve) => setImmediate(resolve));
      } while (performance.now() < end);
      return { calls, ns, cpuUs, extra: { "ms a schema": ns / calls / 1e6 } };
    },
  };
}

/** Five fields a type, one of them guarded; every tenth type is guarded itself. */
function writeTypes(count: number): string {
  const types = Array.from({ length: count }, (_, index) => {
    const guard = index % 10 === 0 ? `@requireToken(scope: { s${index % 100}: true })` : "";
    const fields = `id: ID! a: String b: String @requireToken(scope: { admin: true }) c: Int d: T${(index + 1) % count}`;
    return `type T${index} ${guard} { ${fields} }`;
  });
  const root = Array.from({ length: count }, (_, index) => `t${index}: T${index}`).join(" ");
  return `type Query { ${root} }\n${types.join("\n")}`;
}

function prove(schema: GraphQLSchema, types: number, step: Step): void {
  const guarded = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => type.getFields()["b"]?.resolve);
  assert.equal(guarded.length, step === "apply" ? types : 0, "guarded types");
}
