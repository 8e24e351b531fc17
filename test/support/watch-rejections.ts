/** Detects unhandled rejections. */
import { afterAll, afterEach, beforeAll } from "vitest";

/** Fails every test of the file that leaves an unhandled rejection. */
export function watchRejections(): void {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  beforeAll(() => void process.on("unhandledRejection", note));
  afterAll(() => void process.off("unhandledRejection", note));
  afterEach(async () => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (unhandled.length > 0) throw new AggregateError(unhandled.splice(0), "A rejection was not handled");
  });
}
