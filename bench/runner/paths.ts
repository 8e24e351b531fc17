/** Where things are. Used by the runner alone, which runs uncompiled: a case's process has `bench` as its working directory. */
import { fileURLToPath } from "node:url";

/** The folder `bench`, without a slash at its end. */
export const BENCH: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
