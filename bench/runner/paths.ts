/** Paths for the runner. The process of a case uses its working directory, `bench`, instead. */
import { fileURLToPath } from "node:url";

/** The folder `bench`, without a slash at its end. */
export const BENCH: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
