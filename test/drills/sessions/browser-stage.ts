/** A browser, the example's server, and the servers of its attackers. */
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { memorySessionStore } from "claimgate";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { openDatabase } from "../../../examples/server/database.ts";
import { type RunningServer, startServer } from "../../../examples/server/server.ts";

const CHROMIUM = process.env["CHROMIUM"] || "/usr/bin/chromium";

/** The reason why Chromium cannot run here, or `undefined`. */
export function probeChromium(): string | undefined {
  return existsSync(CHROMIUM) ? undefined : `there is no Chromium at ${CHROMIUM} (apt-get install chromium)`;
}

/**
 * The host names of the page and its attackers, which decide the headers that the browser sends.
 */
export interface Scene {
  readonly name: string;
  readonly app: string;
  readonly otherSite: string;
  readonly secureCookies: boolean;
}

export const SCENES: readonly Scene[] = [
  // Trusted like HTTPS: the browser accepts secure cookies and sends Sec-Fetch-Site.
  { name: "localhost", app: "localhost", otherSite: "127.0.0.1", secureCookies: true },
  // Not trusted: the browser sends only the Origin.
  { name: "plain http", app: "app.example", otherSite: "evil.example", secureCookies: false },
];

export interface Attacker {
  readonly name: "a sibling origin" | "another site";
  readonly url: string;
}

export interface Stage {
  readonly scene: Scene;
  readonly server: RunningServer;
  /** The URL of the page. */
  readonly url: string;
  readonly attackers: readonly Attacker[];
  /** Opens a browser without cookies. */
  openContext(): Promise<BrowserContext>;
  close(): Promise<void>;
}

export async function openStage(scene: Scene): Promise<Stage> {
  const { app, otherSite, secureCookies } = scene;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).toReversed()) await closeOne();
  };
  try {
    const database = await openDatabase("");
    closers.push(() => database.close());
    const server = await startServer({ port: 0, database, sessions: memorySessionStore(), secureCookies });
    closers.push(() => server.close());
    const elsewhere = await serveBlankPages();
    closers.push(async () => {
      elsewhere.close();
      elsewhere.closeAllConnections();
    });
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1"],
    });
    closers.push(() => browser.close());

    const { port } = elsewhere.address() as AddressInfo;
    return {
      scene,
      server,
      url: server.url.replace("127.0.0.1", app),
      attackers: [
        { name: "a sibling origin", url: `http://${app}:${port}` },
        { name: "another site", url: `http://${otherSite}:${port}` },
      ],
      openContext: () => browser.newContext(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Uses one of the page's controls, and waits for the result. */
export async function press(page: Page, control: string): Promise<void> {
  await page.click(control);
  await page.waitForSelector("body[aria-busy=false]");
}

export async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForSelector("body[aria-busy=false]");
  return page;
}

/** All cookies of the browser, by name. */
export async function cookiesOf(context: BrowserContext): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries((await context.cookies()).map(({ name, value }) => [name, value]));
}

async function serveBlankPages(): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>elsewhere</title>");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}
