/** The error with which a function or a promise ends. */

/** The rejection or exception of `work`. Throws without one. */
export async function refusalOf(work: PromiseLike<unknown> | (() => unknown)): Promise<unknown> {
  let value: unknown;
  try {
    value = await (typeof work === "function" ? work() : work);
  } catch (error) {
    return error;
  }
  throw new Error(`The work succeeded: ${JSON.stringify(value)}`);
}
