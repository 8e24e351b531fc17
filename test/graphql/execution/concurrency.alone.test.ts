/** Requests that run at the same time never see each other's token. */
import { currentToken } from "claimgate";
import { describe, expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { askYoga, createGate, createGuardedSchema, createGuardedYoga, currentSubject } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    me(turns: Int!): Seen @requireToken
    greeting(turns: Int!): Seen @requireToken(optional: true)
    open(turns: Int!): Seen
  }
  type Mutation { renew: Seen @requireToken(type: "refresh") }
  type Seen { context: String, ambient: String, inner: Seen @requireToken }
`;

/** Waits for some turns of the event loop, so that requests overlap. */
async function wait(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

interface Seen {
  readonly context: string | null;
  readonly ambient: string | null;
}

async function look(
  _: unknown,
  { turns = 1 }: { turns?: number },
  ctx: { auth: { token: { sub: string } | null } },
): Promise<Seen> {
  const before = currentSubject();
  await wait(turns);
  // Reads the subject twice, so that a mix-up during the wait becomes visible.
  const ambient = before === currentSubject() ? before : `${before} then ${currentSubject()}`;
  return { context: ctx.auth.token?.sub ?? null, ambient };
}

const resolvers = {
  Query: { me: look, greeting: look, open: look },
  Mutation: { renew: look },
  Seen: { inner: look },
};

describe.each([
  ["with a token cache", { max: 100 }],
  ["without a token cache", false],
] as const)("%s", (_, cache) => {
  const { auth, ask } = createGate(typeDefs, resolvers, { ambient: true, cache });

  test("50 concurrent callers each see their own token, in the context and by currentToken", async () => {
    const subjects = Array.from({ length: 50 }, (_, i) => `user-${i}`);
    const answers = await Promise.all(
      subjects.map(async (subject, i) => {
        const { signed: token } = await auth.authToken(subject);
        const turns = (i * 7) % 11;
        return ask(
          `{ a: me(turns: ${turns}) { context ambient inner { context ambient } } b: me(turns: ${11 - turns}) { context ambient } }`,
          { token },
        );
      }),
    );
    expect(answers.map(({ body }) => body)).toEqual(
      subjects.map((subject) => {
        const seen = { context: subject, ambient: subject };
        return { data: { a: { ...seen, inner: seen }, b: seen } };
      }),
    );
  });

  test("concurrent requests keep authenticated and anonymous callers apart", async () => {
    const { signed } = await auth.authToken("ada");
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        ask(`{ greeting(turns: ${i % 5}) { context ambient } }`, i % 2 === 0 ? { token: signed } : {}),
      ),
    );
    const seen = answers.map(({ body }) => (body.data?.["greeting"] as Seen | undefined)?.ambient);
    expect(seen).toEqual(answers.map((_, i) => (i % 2 === 0 ? "ada" : null)));
  });
});

describe("currentToken", () => {
  const { auth, ask } = createGate(typeDefs, resolvers, { ambient: true });

  test("is null in an open field next to a guarded one, and outside any request", async () => {
    const { signed: token } = await auth.authToken("ada");
    const { body } = await ask("{ me(turns: 1) { ambient } open(turns: 2) { ambient } }", { token });
    expect(body.data).toEqual({ me: { ambient: "ada" }, open: { ambient: null } });
    expect(currentToken()).toBeNull();
  });

  test("is the refresh token in a field that requires a refresh token", async () => {
    const { signed: token } = await auth.refreshToken("ada");
    const { body } = await ask("mutation { renew { context ambient } }", { token });
    expect(body).toEqual({ data: { renew: { context: "ada", ambient: "ada" } } });
  });

  test("is null in an unguarded request while another request on the same server has a token", async () => {
    const local = createAuth({ ambient: true });
    const yoga = createGuardedYoga(createGuardedSchema(typeDefs, resolvers), local.auth);
    const { signed: token } = await local.auth.authToken("ada");
    const [known, anonymous] = await Promise.all([
      askYoga(yoga, "{ me(turns: 4) { ambient } }", { token }),
      askYoga(yoga, "{ open(turns: 2) { ambient context } }"),
    ]);
    expect(known.body).toEqual({ data: { me: { ambient: "ada" } } });
    expect(anonymous.body).toEqual({ data: { open: { ambient: null, context: null } } });
  });
});
