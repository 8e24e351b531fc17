/** The rows of the release table, in the order of the table. */
import { PACKAGE_ROWS } from "./package.ts";
import { REQUEST_ROWS } from "./requests.ts";
import type { ReleaseRow } from "./row.ts";
import { SESSION_ROWS } from "./sessions.ts";
import { VERIFY_ROWS } from "./verify.ts";

export const RELEASE_ROWS: readonly ReleaseRow[] = [...VERIFY_ROWS, ...REQUEST_ROWS, ...SESSION_ROWS, ...PACKAGE_ROWS];
