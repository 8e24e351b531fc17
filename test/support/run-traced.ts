/** Runs a call for `traceCall`: twice, so that the token is cached, and once between two stops. */

/**
 * Makes the call three times, the last time between `traced` and `done`, at which the debugger
 * stops.
 */
export async function runTraced(call: () => Promise<void>): Promise<void> {
  await call();
  await call();
  traced();
  await call();
  done();
}

function traced(): void {
  // oxlint-disable-next-line no-debugger
  debugger;
}

function done(): void {
  // oxlint-disable-next-line no-debugger
  debugger;
}
