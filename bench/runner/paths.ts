/** Paths for the runner, which runs uncompiled. A case's process has `bench` as its working directory instead. */
import { fileURLToPath } from "node:url";

/** The folder `bench`, without a slash at its end. */
export const BENCH: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
