/** The attacks that another site can make a browser send. They run in the attacker's page. */
import type { Page } from "playwright-core";

export type Transport = "tRPC" | "GraphQL";

/** The operation that the attacker wants to run. */
export interface Aim {
  readonly route: "saveNote" | "logout" | "logoutEverywhere" | "login" | "note";
  readonly kind: "mutation" | "query";
  readonly input: Readonly<Record<string, string>>;
  readonly selection: string;
}

const LOGIN = { username: "bob", password: "bob-password", deliver: "cookies" };

export const AIMS: readonly Aim[] = [
  { route: "saveNote", kind: "mutation", input: { text: "forged" }, selection: 'saveNote(text: "forged")' },
  { route: "logout", kind: "mutation", input: {}, selection: "logout" },
  { route: "logoutEverywhere", kind: "mutation", input: {}, selection: "logoutEverywhere" },
  {
    route: "login",
    kind: "mutation",
    input: LOGIN,
    selection: `login(username: "${LOGIN.username}", password: "${LOGIN.password}", deliver: cookies) { expiresIn }`,
  },
  { route: "note", kind: "query", input: {}, selection: "note" },
];

/** A means of sending a request; returns the part of the response that the attacker can read. */
export interface Means {
  readonly name: string;
  readonly transports: readonly Transport[];
  /** Whether the attacker can read the response. If not, a query is useless to the attacker. */
  readonly shows: boolean;
  send(page: Page, request: Forged): Promise<string>;
}

/** One request in all the forms in which it can be sent. */
export interface Forged {
  readonly url: string;
  readonly json: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly search: string;
  readonly socketUrl: string;
  readonly socketMessage: string;
}

export function forge(app: string, transport: Transport, { route, kind, input, selection }: Aim): Forged {
  const query = `${kind} { ${selection} }`;
  const json = JSON.stringify(transport === "tRPC" ? input : { query });
  // Both forms of GraphQL: plain fields, and `operations` of the multipart request.
  const fields = transport === "tRPC" ? input : { query, operations: json, map: "{}" };
  const search = new URLSearchParams(transport === "tRPC" ? { input: json } : { query });
  const params = { path: route, input };
  return {
    url: transport === "tRPC" ? `${app}/trpc/${route}` : `${app}/graphql`,
    json,
    fields,
    search: search.toString(),
    socketUrl: `${app.replace("http:", "ws:")}/trpc`,
    socketMessage: JSON.stringify({ id: 1, jsonrpc: "2.0", method: kind, params }),
  };
}

const BOTH = ["tRPC", "GraphQL"] as const;

export const MEANS: readonly Means[] = [
  form("form", "post", "application/x-www-form-urlencoded"),
  form("multipart form", "post", "multipart/form-data"),
  {
    ...form("text form", "post", "text/plain"),
    // The name and the value, joined by "=", form one JSON text.
    send: (page, { url, json }) => submit(page, url, jsonFields(json), "post", "text/plain"),
  },
  form("form by GET", "get", "application/x-www-form-urlencoded"),
  fetching("fetch of text, no-cors", ({ url, json }) => ({ url, body: json, mode: "no-cors", type: "text/plain" })),
  fetching("fetch of fields, no-cors", ({ url, fields }) => ({
    url,
    body: new URLSearchParams(fields).toString(),
    mode: "no-cors",
    type: "application/x-www-form-urlencoded",
  })),
  fetching("fetch without a type, no-cors", ({ url, json }) => ({ url, body: json, mode: "no-cors", type: "" })),
  fetching("fetch of text", ({ url, json }) => ({ url, body: json, mode: "cors", type: "text/plain" })),
  fetching("fetch of JSON", ({ url, json }) => ({ url, body: json, mode: "cors", type: "application/json" })),
  fetching("fetch by GET", ({ url, search }) => ({ url: `${url}?${search}`, body: null, mode: "cors", type: "" })),
  {
    name: "image",
    transports: BOTH,
    shows: false,
    send: (page, { url, search }) =>
      page.evaluate(
        (src) =>
          new Promise<string>((resolve) => {
            const image = new Image();
            image.addEventListener("load", () => resolve("loaded"));
            image.addEventListener("error", () => resolve("not an image"));
            image.src = src;
          }),
        `${url}?${search}`,
      ),
  },
  {
    name: "WebSocket",
    transports: ["tRPC"],
    shows: true,
    send: (page, { socketUrl, socketMessage }) =>
      page.evaluate(
        ([url, message]) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(url);
            socket.addEventListener("open", () => socket.send(message));
            socket.addEventListener("message", ({ data }) => {
              resolve(String(data));
              socket.close();
            });
            socket.addEventListener("close", () => resolve("closed"));
          }),
        [socketUrl, socketMessage] as const,
      ),
  },
];

function form(name: string, method: "get" | "post", type: string): Means {
  const send: Means["send"] = (page, { url, fields, search }) =>
    submit(page, url, method === "get" ? Object.fromEntries(new URLSearchParams(search)) : fields, method, type);
  return { name, transports: BOTH, shows: false, send };
}

/** Submits a form in the attacker's own tab, which navigates to the app. */
async function submit(
  page: Page,
  action: string,
  fields: Readonly<Record<string, string>>,
  method: string,
  type: string,
): Promise<string> {
  // The tab goes to the app, or to the browser's error page for a response without a body.
  const left = page.waitForEvent("framenavigated", (frame) => frame === page.mainFrame());
  await page.evaluate(
    ([action, fields, method, type]) => {
      const form = document.createElement("form");
      Object.assign(form, { action, method, enctype: type });
      for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement("input");
        Object.assign(input, { type: "hidden", name, value });
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    },
    [action, fields, method, type] as const,
  );
  await left;
  // The tab now shows another origin, which the attacker's script cannot read.
  return "";
}

function jsonFields(json: string): Readonly<Record<string, string>> {
  const open = json.replace(/\}$/, json === "{}" ? '"x":"' : ',"x":"');
  return { [open]: '"}' };
}

interface Fetched {
  readonly url: string;
  readonly body: string | null;
  readonly mode: "cors" | "no-cors";
  /** Empty for a request without a type. */
  readonly type: string;
}

function fetching(name: string, describe: (request: Forged) => Fetched): Means {
  return {
    name,
    transports: BOTH,
    shows: true,
    send: (page, request) =>
      page.evaluate(async ({ url, body, mode, type }) => {
        try {
          const response = await fetch(url, {
            mode,
            credentials: "include",
            // A blob without a type is sent without one.
            ...(body === null ? {} : { method: "POST", body: new Blob([body], { type }) }),
          });
          return await response.text();
        } catch (error) {
          return String(error);
        }
      }, describe(request)),
  };
}
