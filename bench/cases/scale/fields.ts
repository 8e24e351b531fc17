/** A query over many fields with or without guards, so that the difference is the guards alone. */
import assert from "node:assert/strict";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { AuthManager } from "claimgate";
import { createGraphQLContext, requireTokenDirective } from "claimgate/graphql";
import { type ExecutionResult, execute, parse } from "graphql";
import type { Work } from "../../harness/types.ts";

export interface Shape {
  /** Objects in the list. */
  readonly objects: number;
  /** Fields of each of them. */
  readonly width: number;
  /** Distinct rules, in turn over the fields. At most 1,024. */
  readonly rules: number;
  readonly isGuarded: boolean;
}

/**
 * The number of scopes in each of two groups. A distinct rule is a pair, one of each group. One
 * token of normal length satisfies all rules.
 */
const SCOPES = 32;

export async function loadFields({ objects, width, rules, isGuarded }: Shape): Promise<Work> {
  const auth = new AuthManager({
    issuer: "https://api.example.com",
    algorithm: "HS256",
    secret: new Uint8Array(32).fill(7),
  });
  const requireToken = requireTokenDirective();
  const directiveOf = (field: number): string => (isGuarded ? ruleOf(field % rules) : "");
  const fields = Array.from({ length: width }, (_, field) => `f${field}: Int! ${directiveOf(field)}`);
  const typeDefs = [requireToken.typeDefs, `type Query { items: [Item] } type Item { ${fields.join("\n")} }`];
  const item = Object.fromEntries(fields.map((_, field) => [`f${field}`, field]));
  const items = Array.from({ length: objects }, () => ({ ...item }));
  const schema = requireToken.apply(makeExecutableSchema({ typeDefs, resolvers: { Query: { items: () => items } } }));
  const createContext = createGraphQLContext(auth, { schema });
  const document = parse(`{ items { ${Object.keys(item).join(" ")} } }`);

  const ask = async (token: string | undefined): Promise<ExecutionResult> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const contextValue = createContext({ headers });
    // The look-up of the token belongs to the request, not to a field, so both schemas pay for it.
    await contextValue.auth.authenticate();
    return execute({ schema, document, contextValue });
  };
  const issue = async (scope: Readonly<Record<string, true>>): Promise<string> =>
    (await auth.authToken("caller", { scope, maxAge: 86_400 })).signed;
  const good = await issue(Object.fromEntries(scopeNames().map((name) => [name, true])));

  return {
    perCall: objects * width,
    async call() {
      const { errors } = await ask(good);
      if (errors) throw errors[0];
    },
    async prove() {
      const { data, errors } = await ask(good);
      assert.equal(errors, undefined);
      assert.deepEqual(JSON.parse(JSON.stringify(data)), { items });
      if (!isGuarded) return;
      for (const token of [undefined, await issue({ other: true })]) {
        const refused = await ask(token);
        assert.ok((refused.errors ?? []).length > 0, "a caller without the scopes must be rejected");
        assert.ok(!JSON.stringify(refused.data ?? null).includes("f0"), "a rejected caller must get no data");
      }
    },
  };
}

function ruleOf(index: number): string {
  return `@requireToken(scope: { a${index % SCOPES}: true, b${Math.floor(index / SCOPES)}: true })`;
}

function scopeNames(): string[] {
  return Array.from({ length: SCOPES }, (_, index) => [`a${index}`, `b${index}`]).flat();
}
