/** The users: their table, their passwords (argon2id), their rights and their notes. */
import { randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import type { Database } from "./database.ts";

export interface User {
  readonly username: string;
  readonly department: string;
  readonly isAdmin: boolean;
}

export interface Users {
  find(username: string): Promise<User | null>;
  /** Returns the user if the password is right. An unknown user takes as long as a known one. */
  findByPassword(username: string, password: string): Promise<User | null>;
  /** Adds a user, unless the username is taken. */
  add(user: User & { readonly password: string }): Promise<void>;
  setAdmin(username: string, isAdmin: boolean): Promise<void>;
  remove(username: string): Promise<void>;
  /** Returns the user's note, which is empty at first. */
  note(username: string): Promise<string>;
  saveNote(username: string, text: string): Promise<void>;
}

/**
 * The sample users. A real application has a registration instead, and no password in its source.
 */
export const SAMPLE_USERS: readonly (User & { readonly password: string })[] = [
  { username: "ada", password: "ada-password", department: "research", isAdmin: false },
  { username: "bob", password: "bob-password", department: "sales", isAdmin: false },
  { username: "grace", password: "grace-password", department: "operations", isAdmin: true },
];

const CREATE_TABLE = `
  create table if not exists claimgate_example_users (
    username text primary key,
    password_hash text not null,
    department text not null,
    is_admin boolean not null default false
  )`;

// For tables of earlier versions, which had no notes.
const ADD_NOTE = "alter table claimgate_example_users add column if not exists note text not null default ''";

const INSERT = `
  insert into claimgate_example_users (username, password_hash, department, is_admin)
  values ($1, $2, $3, $4)
  on conflict (username) do nothing`;

const SELECT = `
  select username, password_hash, department, is_admin, note
  from claimgate_example_users
  where username = $1`;

interface Row {
  readonly username: string;
  readonly password_hash: string;
  readonly department: string;
  readonly is_admin: boolean;
  readonly note: string;
}

/** Creates the table and the sample users if they are missing. */
export async function openUsers(database: Database): Promise<Users> {
  // Serves a login of an unknown user, so that it takes as long as any other login.
  const decoyHash = await hash(randomBytes(32));

  const select = async (username: string): Promise<Row | undefined> =>
    (await database.query<Row>(SELECT, [username])).rows[0];

  const users: Users = {
    async find(username) {
      const row = await select(username);
      return row ? toUser(row) : null;
    },
    async findByPassword(username, password) {
      const row = await select(username);
      const isRight = await verify(row?.password_hash ?? decoyHash, password);
      return row && isRight ? toUser(row) : null;
    },
    async add({ username, password, department, isAdmin }) {
      await database.query(INSERT, [username, await hash(password), department, isAdmin]);
    },
    async setAdmin(username, isAdmin) {
      await database.query("update claimgate_example_users set is_admin = $2 where username = $1", [username, isAdmin]);
    },
    async remove(username) {
      await database.query("delete from claimgate_example_users where username = $1", [username]);
    },
    async note(username) {
      return (await select(username))?.note ?? "";
    },
    async saveNote(username, text) {
      await database.query("update claimgate_example_users set note = $2 where username = $1", [username, text]);
    },
  };

  await database.query(CREATE_TABLE);
  await database.query(ADD_NOTE);
  for (const user of SAMPLE_USERS) await users.add(user);
  return users;
}

function toUser(row: Row): User {
  return { username: row.username, department: row.department, isAdmin: row.is_admin };
}
