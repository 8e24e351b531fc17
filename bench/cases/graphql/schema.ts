/** The data and the schema of every case. Each field requires a scope. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { GraphQLFieldResolver, GraphQLSchema } from "graphql";

/** The scope that each field needs: three different rules below the list. */
export const ITEM_FIELDS = {
  id: { type: "String", scope: "items:read" },
  name: { type: "String", scope: "items:read" },
  brand: { type: "String", scope: "items:read" },
  category: { type: "String", scope: "items:read" },
  price: { type: "Float", scope: "prices:read" },
  currency: { type: "String", scope: "prices:read" },
  discount: { type: "Float", scope: "prices:read" },
  stock: { type: "Int", scope: "stock:read" },
  warehouse: { type: "String", scope: "stock:read" },
  restockedAt: { type: "String", scope: "stock:read" },
} as const;

export const LIST_SCOPE = "items:read";
export const PROFILE_SCOPE = "profile:read";

export interface Item {
  readonly id: string;
  readonly name: string;
  readonly brand: string;
  readonly category: string;
  readonly price: number;
  readonly currency: string;
  readonly discount: number;
  readonly stock: number;
  readonly warehouse: string;
  readonly restockedAt: string;
}

export const ITEMS: readonly Item[] = Array.from({ length: 100 }, (_, i) => ({
  id: `item-${i}`,
  name: `Item number ${i}`,
  brand: `Brand ${i % 7}`,
  category: `Category ${i % 5}`,
  price: 9.99 + i,
  currency: "EUR",
  discount: 0.25,
  stock: i * 3,
  warehouse: `W${i % 3}`,
  restockedAt: "2026-01-01T00:00:00Z",
}));

export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

export const PROFILE: Profile = { id: "ann", name: "Ann", email: "ann@example.com" };

/** A query, and its data for a caller with the scopes. */
export interface Query {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const itemSelection = Object.keys(ITEM_FIELDS).join(" ");

export const QUERIES = {
  guardedList: { text: `{ items { ${itemSelection} } }`, data: { items: ITEMS } },
  openList: { text: `{ openItems { ${itemSelection} } }`, data: { openItems: ITEMS } },
  small: { text: "{ me { id name email } }", data: { me: PROFILE } },
} as const satisfies Record<string, Query>;

/** The types as SDL. `guard` turns a scope into the text behind each guarded field. */
export function typeDefsWith(guard: (scope: string) => string): string {
  const items = Object.entries(ITEM_FIELDS).map(([name, { type, scope }]) => `${name}: ${type} ${guard(scope)}`);
  return `
    type Query {
      items: [Item!] ${guard(LIST_SCOPE)}
      openItems: [Item!]
      me: Profile ${guard(PROFILE_SCOPE)}
    }
    type Item { ${items.join(" ")} }
    type Profile { id: String name: String email: String }
  `;
}

const root = { items: () => ITEMS, openItems: () => ITEMS, me: () => PROFILE };

/** The schema without guards. Directives in `typeDefs` are for plugins to read. */
export function plainSchema(typeDefs: readonly string[] = [typeDefsWith(() => "")]): GraphQLSchema {
  return makeExecutableSchema({ typeDefs: [...typeDefs], resolvers: { Query: root } });
}

type Resolver<C> = GraphQLFieldResolver<unknown, C>;

/** The schema with `wrap` around each guarded field. */
export function wrappedSchema<C>(wrap: (resolver: Resolver<C>, scope: string) => Resolver<C>): GraphQLSchema {
  const item = Object.entries(ITEM_FIELDS).map(([name, { scope }]) => [name, wrap(readProperty, scope)] as const);
  return makeExecutableSchema<C>({
    typeDefs: typeDefsWith(() => ""),
    resolvers: {
      Query: { ...root, items: wrap(root.items, LIST_SCOPE), me: wrap(root.me, PROFILE_SCOPE) },
      Item: Object.fromEntries(item),
    },
  });
}

const readProperty: Resolver<unknown> = (source, _args, _context, info) =>
  (source as Readonly<Record<string, unknown>>)[info.fieldName];
