/** The error that a piece of work ends with. */

/** The rejection or exception of `work`. Throws if there is none. */
export async function refusalOf(work: PromiseLike<unknown> | (() => unknown)): Promise<unknown> {
  let value: unknown;
  try {
    value = await (typeof work === "function" ? work() : work);
  } catch (error) {
    return error;
  }
  throw new Error(`Nothing was refused: ${JSON.stringify(value)}`);
}
