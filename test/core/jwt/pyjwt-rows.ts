/** The rows of the PyJWT tables, and short helpers to write and read a token in a row. */
import { type DecodeOptions, decode, type EncodeOptions, encode } from "claimgate/jwt";
import { expect, it } from "vitest";
import { NOW, SECRET } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";

/** One option of PyJWT. */
export interface Row {
  /** The name in PyJWT's documentation. */
  readonly pyjwt: string;
  readonly ours: string;
  readonly passes: () => unknown;
  /** The result of `passes`. */
  readonly gives: unknown;
  readonly refuses: () => unknown;
  /** The name of the error of `refuses`. */
  readonly error: string;
  /** PyJWT's behaviour, if it differs. */
  readonly instead?: string;
}

/** One exception of PyJWT. */
export interface ExceptionRow {
  readonly pyjwt: string;
  readonly ours: ErrorClass;
  /** The class here that corresponds to PyJWT's base class. */
  readonly parent: ErrorClass;
  readonly situations: readonly Situation[];
}

/** A condition that raises the exception, and a similar condition that does not. */
export type Situation = readonly [
  when: string,
  refuses: () => unknown,
  passes: () => unknown,
  /** PyJWT's behaviour, if it raises another exception or accepts the input. */
  instead?: string,
];

export type ErrorClass = abstract new (message: string) => Error;

/** Options of any type, valid or invalid. */
export type Loose<T> = { readonly [K in keyof T]?: unknown };

/** The title of a row, with PyJWT's behaviour if it differs. */
export function titleOf(title: string, instead: string | undefined): string {
  return instead === undefined ? title : `${title} (PyJWT: ${instead})`;
}

/** Decodes a token with these claims at `NOW`. */
export function read(claims: object | string, options: Loose<DecodeOptions> = {}): Promise<unknown> {
  return readToken(forge({ payload: claims }), options);
}

/** Decodes a token at `NOW`. */
export function readToken(token: unknown, options: Loose<DecodeOptions> = {}): Promise<unknown> {
  return decode(token as string, SECRET, { algorithms: ["HS256"], now: NOW, ...options } as DecodeOptions);
}

/** Encodes the claims with the suite's secret. */
export function write(claims: unknown, options: Loose<EncodeOptions> = {}): Promise<string> {
  return encode(claims as Record<string, unknown>, SECRET, options as EncodeOptions);
}

/** Runs one test per row: one accepted call and one rejected call. */
export function itHolds(rows: readonly Row[]): void {
  const named = rows.map((row): [string, Row] => [titleOf(`${row.pyjwt} is ${row.ours}`, row.instead), row]);
  it.each(named)("%s", async (_, { passes, gives, refuses, error }) => {
    expect(await passes()).toEqual(gives);
    expect(await refusalOf(async () => refuses())).toMatchObject({ name: error });
  });
}
