/** What a row of the PyJWT tables is, and the short ways to write and read a token in one. */
import { type DecodeOptions, decode, type EncodeOptions, encode } from "claimgate/jwt";
import { expect, it } from "vitest";
import { NOW, SECRET } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";

/** One option of PyJWT. */
export interface Row {
  /** As PyJWT's documentation spells it. */
  readonly pyjwt: string;
  readonly ours: string;
  readonly passes: () => unknown;
  /** What `passes` ends with. */
  readonly gives: unknown;
  readonly refuses: () => unknown;
  /** The name of what `refuses` ends with. */
  readonly error: string;
  /** Where this is not what PyJWT does: what PyJWT does. */
  readonly instead?: string;
}

/** One exception of PyJWT. */
export interface ExceptionRow {
  readonly pyjwt: string;
  readonly ours: ErrorClass;
  /** The class that PyJWT derives it from, as it is here. */
  readonly parent: ErrorClass;
  readonly situations: readonly Situation[];
}

/** When an exception is raised, and nearly the same when it is not. */
export type Situation = readonly [
  when: string,
  refuses: () => unknown,
  passes: () => unknown,
  /** Where PyJWT raises another exception, or none: what it does. */
  instead?: string,
];

export type ErrorClass = abstract new (message: string) => Error;

/** Options of any type, right or wrong. */
export type Loose<T> = { readonly [K in keyof T]?: unknown };

/** The title of a row, with what PyJWT does where that differs. */
export function titleOf(title: string, instead: string | undefined): string {
  return instead === undefined ? title : `${title} (PyJWT: ${instead})`;
}

/** `decode`, at `NOW`, of a token with these claims. */
export function read(claims: object | string, options: Loose<DecodeOptions> = {}): Promise<unknown> {
  return readToken(forge({ payload: claims }), options);
}

/** `decode` at `NOW`. */
export function readToken(token: unknown, options: Loose<DecodeOptions> = {}): Promise<unknown> {
  return decode(token as string, SECRET, { algorithms: ["HS256"], now: NOW, ...options } as DecodeOptions);
}

/** `encode`. */
export function write(claims: unknown, options: Loose<EncodeOptions> = {}): Promise<string> {
  return encode(claims as Record<string, unknown>, SECRET, options as EncodeOptions);
}

/** One test for each row: what passes, and what is refused. */
export function itHolds(rows: readonly Row[]): void {
  const named = rows.map((row): [string, Row] => [titleOf(`${row.pyjwt} is ${row.ours}`, row.instead), row]);
  it.each(named)("%s", async (_, { passes, gives, refuses, error }) => {
    expect(await passes()).toEqual(gives);
    expect(await refusalOf(async () => refuses())).toMatchObject({ name: error });
  });
}
