/** The script of the page. It calls the API with the browser's cookies and never sees a token. */

/** The routes that the page calls, for tRPC and for GraphQL. */
const ROUTES = {
  login: {
    mutation:
      "($username: String!, $password: String!, $device: String) { answer: login(username: $username, password: $password, device: $device, deliver: cookies) { expiresIn } }",
  },
  refresh: { mutation: "{ answer: refresh(deliver: cookies) { expiresIn } }" },
  logout: { mutation: "{ answer: logout }" },
  logoutEverywhere: { mutation: "{ answer: logoutEverywhere }" },
  saveNote: { mutation: "($text: String!) { answer: saveNote(text: $text) }" },
  note: { query: "{ answer: note }" },
  devices: { query: "{ answer: devices { id label isThis } }" },
  tokenInfo: { query: "{ answer: tokenInfo { subject } }" },
};

// The reasons for a refresh: the auth token has expired, or its cookie is gone.
const WORTH_A_REFRESH = ["TOKEN_EXPIRED", "TOKEN_MISSING"];

const $ = (id) => document.getElementById(id);

async function send(url, body) {
  const init = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}

async function callTRPC(route, input) {
  const isQuery = "query" in ROUTES[route];
  const { status, body } = await send(`/trpc/${route}`, isQuery ? undefined : { deliver: "cookies", ...input });
  return { status, data: body.result?.data, message: body.error?.message, reason: body.error?.data.auth?.reason };
}

async function callGraphQL(route, variables) {
  const [[kind, selection]] = Object.entries(ROUTES[route]);
  const { status, body } = await send("/graphql", { query: `${kind} ${selection}`, variables });
  const error = body.errors?.[0];
  return { status, data: body.data?.answer, message: error?.message, reason: error?.extensions?.auth?.reason };
}

/** Makes one call and shows its answer. */
async function callOnce(route, input = {}) {
  const transport = $("transport").value;
  const answer = await (transport === "trpc" ? callTRPC : callGraphQL)(route, input);
  const line = document.createElement("li");
  line.textContent = [transport, route, answer.status, answer.reason ?? answer.message ?? "ok"].join(" ");
  $("answers").prepend(line);
  return answer;
}

let refreshing;

/**
 * Makes one call. If the auth token is no longer valid, refreshes it and repeats the call.
 * Concurrent calls share one refresh.
 */
async function call(route, input) {
  const answer = await callOnce(route, input);
  if (!WORTH_A_REFRESH.includes(answer.reason)) return answer;
  refreshing ??= callOnce("refresh").finally(() => {
    refreshing = undefined;
  });
  return (await refreshing).data ? callOnce(route, input) : answer;
}

async function showUser() {
  const { data } = await call("tokenInfo");
  $("who").textContent = data ? `Logged in as ${data.subject}` : "Not logged in";
  if (!data) $("devices").replaceChildren();
}

async function showDevices() {
  const { data = [] } = await call("devices");
  const items = data.map(({ label, isThis }) => {
    const item = document.createElement("li");
    item.textContent = `${label ?? "(no name)"}${isThis ? " (this device)" : ""}`;
    return item;
  });
  $("devices").replaceChildren(...items);
}

/** Runs `work` for an event of a control. The page is marked as busy meanwhile. */
function on(id, event, work) {
  $(id).addEventListener(event, async (happened) => {
    happened.preventDefault();
    document.body.ariaBusy = "true";
    try {
      await work();
    } finally {
      document.body.ariaBusy = "false";
    }
  });
}

on("login", "submit", async () => {
  await callOnce("login", { username: $("username").value, password: $("password").value, device: $("device").value });
  await showUser();
});
on("refresh", "click", () => callOnce("refresh"));
for (const route of ["logout", "logoutEverywhere"]) {
  on(route, "click", async () => {
    await call(route);
    $("note").value = "";
    await showUser();
  });
}
on("readNote", "click", async () => {
  const { data } = await call("note");
  if (data !== undefined) $("note").value = data;
});
on("saveNote", "click", () => call("saveNote", { text: $("note").value }));
on("listDevices", "click", showDevices);

await showUser();
document.body.ariaBusy = "false";
