/** Drives the route handler of the Next.js example, which receives a `Request` as from Next.js. */
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { vi } from "vitest";
import { listen } from "../../../../examples/hosts/listen.ts";
import type { Driver } from "../host.ts";

export const next: Driver = {
  name: "the Next.js route handler",
  async start(config) {
    // The app creates one manager when its module is loaded, so every test loads a new module.
    vi.resetModules();
    vi.stubEnv("JWT_SECRET", "");
    const { auth } = await import("../../../../examples/hosts/trpc/next/app/auth.ts");
    auth.init(config);
    const route = await import("../../../../examples/hosts/trpc/next/app/api/trpc/[trpc]/route.ts");
    const answer = (request: Request): Promise<Response> => route[request.method === "POST" ? "POST" : "GET"](request);
    return listen(createServer(getRequestListener(answer)), { path: "/api/trpc" });
  },
};
