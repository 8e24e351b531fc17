/** The Web application and its checks in one program, for a realm without Node; prints JSON. */
import { createChecks } from "./checks.ts";
import { handle } from "./web-app.ts";
import { checkWeb } from "./web-checks.ts";

const { check, report } = createChecks();
const { process } = globalThis as { process?: unknown };
await check("there is no process", () => {
  if (process !== undefined) throw new Error("This realm has a process");
});
await checkWeb(check, {
  send: (path, init) => handle(new Request(`http://web.test${path}`, init)),
  hasBuiltins: false,
});
console.log(JSON.stringify(report));
