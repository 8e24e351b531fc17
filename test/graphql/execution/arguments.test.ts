/** `args` and `parent` rules read the same values as the resolver, in every form of a query. */
import { describe, expect, test } from "vitest";
import { createGate, refusedWith } from "../../support/graphql.ts";

const typeDefs = `
  input Place { city: String, owner: Owner }
  input Owner { id: ID, team: Team = { name: "red" } }
  input Team { name: String! }
  scalar Anything
  type Query {
    own(id: ID): String @requireToken(args: { sub: "id" })
    byDefault(id: ID = "ada"): String @requireToken(args: { sub: "id" })
    nested(place: Place): String @requireToken(args: { sub: "place.owner.id", team: "place.owner.team.name" })
    number(id: Int): String @requireToken(args: { level: "id" })
    flag(on: Boolean): String @requireToken(args: { admin: "on" })
    both(a: String, b: String): String @requireToken(args: { teams: ["a", "b"] })
    anything(value: Anything): String @requireToken(args: { sub: "value.id" })
    profile(id: ID): Profile
  }
  type Profile { id: ID, email: String @requireToken(parent: { sub: "id" }) }
  type Lookalike { id: ID }
`;

class Profile {
  readonly #id: string;
  constructor(id: string) {
    this.#id = id;
  }
  get id(): string {
    return this.#id;
  }
  email(): string {
    return `${this.#id}@example.com`;
  }
}

const answer = (): string => "in";
const fields = ["own", "byDefault", "nested", "number", "flag", "both", "anything"];
const { auth, ask } = createGate(typeDefs, {
  Query: {
    ...Object.fromEntries(fields.map((name) => [name, answer])),
    profile: (_, { id }: { id: string }) => new Profile(id),
  },
});
const claims = { team: "red", teams: ["red", "blue"], level: 3, admin: true };
const { signed: token } = await auth.authToken("ada", { claims });

async function expectIn(query: string, variables: Record<string, unknown> = {}): Promise<void> {
  const { body } = await ask(query, { token, variables });
  expect(body.errors).toBeUndefined();
  expect(new Set(Object.values(body.data ?? {}))).toEqual(new Set(["in"]));
}

async function expectOut(query: string, variables: Record<string, unknown> = {}): Promise<void> {
  expect((await ask(query, { token, variables })).refused).toEqual(refusedWith("CLAIMS_INSUFFICIENT"));
}

describe("an args rule reads an argument", () => {
  test("written as a literal", async () => {
    await expectIn('{ own(id: "ada") }');
    await expectOut('{ own(id: "grace") }');
  });

  test("given as a variable", async () => {
    const query = "query ($id: ID) { own(id: $id) }";
    await expectIn(query, { id: "ada" });
    await expectOut(query, { id: "grace" });
  });

  test("given by a variable's default", async () => {
    await expectIn('query ($id: ID = "ada") { own(id: $id) }');
    await expectOut('query ($id: ID = "grace") { own(id: $id) }');
    await expectOut('query ($id: ID = "ada") { own(id: $id) }', { id: "grace" });
  });

  test("given by the argument's default", async () => {
    await expectIn("{ byDefault }");
    await expectOut('{ byDefault(id: "grace") }');
    await expectOut("{ byDefault(id: null) }");
  });

  test("or rejects the request when it is absent or null", async () => {
    await expectOut("{ own }");
    await expectOut("{ own(id: null) }");
    await expectOut("query ($id: ID) { own(id: $id) }");
  });

  test("for each alias separately", async () => {
    const { status, body } = await ask('{ mine: own(id: "ada") yours: own(id: "grace") }', { token });
    expect(status).toBe(200);
    expect(body.data).toEqual({ mine: "in", yours: null });
    expect(body.errors).toMatchObject([{ path: ["yours"], extensions: { auth: { reason: "CLAIMS_INSUFFICIENT" } } }]);
  });

  test("of a field inside a fragment", async () => {
    const query = "query ($id: ID) { ...F } fragment F on Query { own(id: $id) }";
    await expectIn(query, { id: "ada" });
    await expectOut(query, { id: "grace" });
  });
});

describe("an args rule for an input object", () => {
  test("reads nested fields at any depth, including their defaults", async () => {
    await expectIn('{ nested(place: { owner: { id: "ada" } }) }');
    await expectIn('{ nested(place: { city: "Graz", owner: { id: "ada", team: { name: "red" } } }) }');
    await expectOut('{ nested(place: { owner: { id: "ada", team: { name: "blue" } } }) }');
    await expectOut('{ nested(place: { owner: { id: "grace" } }) }');
  });

  test("reads an input object given as a variable and one that contains a variable", async () => {
    await expectIn("query ($p: Place) { nested(place: $p) }", { p: { owner: { id: "ada" } } });
    await expectOut("query ($p: Place) { nested(place: $p) }", { p: { owner: { id: "grace" } } });
    await expectIn("query ($id: ID) { nested(place: { owner: { id: $id } }) }", { id: "ada" });
    await expectOut("query ($id: ID) { nested(place: { owner: { id: $id } }) }", { id: "grace" });
  });

  test("rejects the request when an object on the path is missing", async () => {
    await expectOut("{ nested }");
    await expectOut("{ nested(place: {}) }");
    await expectOut("{ nested(place: { owner: null }) }");
  });

  test("reads only own properties of a custom scalar", async () => {
    await expectIn("query ($v: Anything) { anything(value: $v) }", { v: { id: "ada" } });
    await expectOut("query ($v: Anything) { anything(value: $v) }", { v: { id: ["ada"] } });
    await expectOut("query ($v: Anything) { anything(value: $v) }", { v: "ada" });
    await expectOut("query ($v: Anything) { anything(value: $v) }", { v: ["ada"] });
  });
});

describe("an args rule", () => {
  test("compares a boolean or a number without coercion", async () => {
    await expectIn("{ number(id: 3) }");
    await expectOut("{ number(id: 4) }");
    await expectIn("{ flag(on: true) }");
    await expectOut("{ flag(on: false) }");
  });

  test("accepts an integer for a claim with the same digits as a string", async () => {
    const { signed } = await auth.authToken(7);
    expect((await ask('{ own(id: "7") }', { token: signed })).body).toEqual({ data: { own: "in" } });
    expect((await ask("{ own(id: 7) }", { token: signed })).body).toEqual({ data: { own: "in" } });
    for (const text of ["07", "7.0", " 7", "7e0"])
      expect((await ask(`{ own(id: "${text}") }`, { token: signed })).refused).toEqual(
        refusedWith("CLAIMS_INSUFFICIENT"),
      );
  });

  test("with several paths requires each value in the list claim", async () => {
    await expectIn('{ both(a: "red", b: "blue") }');
    await expectOut('{ both(a: "red", b: "green") }');
    await expectOut('{ both(a: "red") }');
  });
});

describe("a parent rule", () => {
  test("shows a field only to its owner, also when a class accessor gives the value", async () => {
    expect((await ask('{ profile(id: "ada") { id email } }', { token })).body).toEqual({
      data: { profile: { id: "ada", email: "ada@example.com" } },
    });
    const other = await ask('{ profile(id: "grace") { id email } }', { token });
    expect(other.status).toBe(200);
    expect(other.body.data).toEqual({ profile: { id: "grace", email: null } });
    expect(other.body.errors).toMatchObject([
      { path: ["profile", "email"], extensions: { code: "FORBIDDEN", auth: { reason: "CLAIMS_INSUFFICIENT" } } },
    ]);
  });

  test("reports a missing token before it compares claims", async () => {
    const { body } = await ask('{ profile(id: "ada") { email } }');
    expect(body.errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } });
  });
});
