/** Records the files that a call visits, and their callers, with a debugger. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A visit: the files on the stack, the innermost first, each as a path below src. */
export type Visit = readonly string[];

interface Paused {
  readonly callFrames: readonly { readonly functionName: string; readonly location: { readonly scriptId: string } }[];
}

/**
 * Runs a program that passes its call to `runTraced`, and stops at every return of a function of
 * src during the call.
 */
export async function traceCall(program: string): Promise<readonly Visit[]> {
  const args = ["--import", "tsx", "--inspect-brk=127.0.0.1:0", program];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  try {
    for await (const line of createInterface(child.stderr)) {
      const url = /ws:\/\/\S+/.exec(line)?.[0];
      if (url !== undefined) return await follow(new WebSocket(url));
    }
    throw new Error("The process did not open its debugger");
  } finally {
    child.kill("SIGKILL");
  }
}

function follow(socket: WebSocket): Promise<readonly Visit[]> {
  const waiting = new Map<number, (result: never) => void>();
  const scripts = new Map<string, string>();
  const visits: string[][] = [];
  let isTracing = false;
  let id = 0;
  const send = <T>(method: string, params: object = {}): Promise<T> =>
    new Promise((resolve) => {
      waiting.set(++id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  const isOurs = (path: string): boolean => path.startsWith(`file://${ROOT}src/`);
  const pathOf = (scriptId: string): string => scripts.get(scriptId)?.replace(/\?.*$/, "") ?? "";
  const setBreakpoints = async (): Promise<void> => {
    for (const [scriptId] of [...scripts].filter(([, url]) => isOurs(url))) {
      const start = { scriptId, lineNumber: 0, columnNumber: 0 };
      const { locations } = await send<{ locations: { type?: string }[] }>("Debugger.getPossibleBreakpoints", {
        start,
      });
      // Each function stops once, where it returns: the stack shows its callers.
      const returns = locations.filter(({ type }) => type === "return");
      await Promise.all(returns.map((location) => send("Debugger.setBreakpoint", { location })));
    }
  };
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The process ended before the call did")));
    const onPaused = async ({ callFrames }: Paused): Promise<void> => {
      const name = callFrames[0]?.functionName;
      if (name === "traced") {
        isTracing = true;
        await setBreakpoints();
      } else if (name === "done") return resolve(visits);
      else if (isTracing)
        visits.push(
          callFrames
            .map(({ location }) => pathOf(location.scriptId))
            .filter(isOurs)
            .map((path) => path.slice(`file://${ROOT}src/`.length)),
        );
      await send("Debugger.resume");
    };
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as {
        id?: number;
        result?: never;
        method?: string;
        params: Paused & { scriptId: string; url: string };
      };
      if (message.id !== undefined) waiting.get(message.id)?.(message.result as never);
      else if (message.method === "Debugger.scriptParsed") scripts.set(message.params.scriptId, message.params.url);
      else if (message.method === "Debugger.paused") void onPaused(message.params);
    });
    socket.on("open", () => {
      void (async () => {
        for (const method of ["Runtime.enable", "Debugger.enable", "Runtime.runIfWaitingForDebugger"])
          await send(method);
      })();
    });
  });
}

/** For each file, the files that it calls in any of the visits. */
export function callsIn(visits: readonly Visit[]): ReadonlyMap<string, ReadonlySet<string>> {
  const calls = new Map<string, Set<string>>();
  for (const stack of visits)
    for (const [index, callee] of stack.entries()) {
      const caller = stack[index + 1];
      if (caller === undefined || caller === callee) continue;
      calls.set(caller, (calls.get(caller) ?? new Set()).add(callee));
    }
  return calls;
}
