/** A user of the example's page, who does everything by its own controls, over both transports. */
import { isDeepStrictEqual } from "node:util";
import type { Page } from "playwright-core";
import { cookiesOf, openPage, press, type Stage } from "./browser-stage.ts";

/** Uses every part of the page; calls `expect` with the result of each step. */
export async function visitPage(stage: Stage, expect: (what: string, isFine: boolean) => void): Promise<void> {
  const { server, url, scene } = stage;
  const context = await stage.openContext();
  const names = scene.secureCookies ? ["__Host-auth", "__Host-refresh"] : ["auth", "refresh"];
  const page = await openPage(context, url);
  const answers: Promise<string>[] = [];
  const tokens = new Set<string>();
  page.on("response", (response) => answers.push(response.text().catch(() => "")));

  for (const transport of ["trpc", "graphql"]) {
    const check = (what: string, isFine: boolean): void => expect(`${scene.name}, over ${transport}: ${what}`, isFine);
    const sids = async () => (await server.auth.sessions("ada")).map(({ id }) => id);
    const remember = async () => {
      const cookies = await cookiesOf(context);
      for (const token of Object.values(cookies)) tokens.add(token);
      return cookies;
    };
    await page.selectOption("#transport", transport);
    await press(page, "#login button");
    const first = await remember();
    check("the login shows the user's name", (await page.textContent("#who")) === "Logged in as ada");
    check("the login sets both cookies", String(Object.keys(first).toSorted()) === String(names));
    check("there is one session", (await sids()).length === 1);
    check("a script reads no cookie", (await page.evaluate(() => document.cookie)) === "");

    // Cookies are shared between ports, but a script cannot replace an HttpOnly cookie either.
    const sibling = await context.newPage();
    await sibling.goto(stage.attackers[0]?.url ?? "");
    const seen = await sibling.evaluate(
      ([name, attributes]) => {
        document.cookie = `${name}=forged; path=/${attributes}`;
        return document.cookie;
      },
      [names[0], scene.secureCookies ? "; secure" : ""] as const,
    );
    const held = await cookiesOf(context);
    check("a sibling's script reads no cookie and replaces none", seen === "" && isDeepStrictEqual(held, first));
    await sibling.close();

    await page.fill("#note", `over ${transport}`);
    await press(page, "#saveNote");
    await page.fill("#note", "");
    await press(page, "#readNote");
    check("the note is written", (await server.users.note("ada")) === `over ${transport}`);
    check("the note is read", (await page.inputValue("#note")) === `over ${transport}`);
    await press(page, "#listDevices");
    check("the device is listed", (await page.textContent("#devices")) === "My browser (this device)");

    await press(page, "#refresh");
    const second = await remember();
    check(
      "a refresh replaces both cookies",
      names.every((name) => second[name] && second[name] !== first[name]),
    );

    // The browser does the same when the auth token expires.
    await context.clearCookies({ name: names[0] ?? "" });
    await press(page, "#readNote");
    check(
      "a request without an auth token is repeated after a refresh",
      String(await lastAnswers(page, 3)) === String(RETRIED(transport)),
    );

    await remember();
    await context.clearCookies({ name: names[0] ?? "" });
    const tab = await openPage(context, url);
    await context.clearCookies({ name: names[0] ?? "" });
    await Promise.all([press(page, "#readNote"), press(tab, "#readNote")]);
    await remember();
    const [here, there] = [await lastAnswers(page, 1), await lastAnswers(tab, 1)];
    check(
      "two tabs refresh at the same time",
      String(here) === `${transport} note 200 ok` && String(there) === "trpc note 200 ok",
    );
    await tab.close();

    await press(page, transport === "trpc" ? "#logout" : "#logoutEverywhere");
    check("a logout shows that no user is logged in", (await page.textContent("#who")) === "Not logged in");
    check("the session is over", (await sids()).length === 0);
    check("the cookies are gone", Object.keys(await cookiesOf(context)).length === 0);
  }
  const said = (await Promise.all(answers)).join("\n");
  expect(`${scene.name}: there are responses, and tokens to look for`, said.includes("expiresIn") && tokens.size >= 8);
  expect(`${scene.name}: no response contains a token`, ![...tokens].some((token) => said.includes(token)));
  await context.close();
}

// The newest comes first.
const RETRIED = (transport: string): string[] => [
  `${transport} note 200 ok`,
  `${transport} refresh 200 ok`,
  `${transport} note 401 TOKEN_MISSING`,
];

async function lastAnswers(page: Page, count: number): Promise<string[]> {
  return (await page.locator("#answers li").allTextContents()).slice(0, count);
}
