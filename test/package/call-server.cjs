/** Starts the README's tRPC example, emitted in CommonJS, and calls its procedures. */
const assert = require("node:assert/strict");
const { Server } = require("node:http");

// Until the checks have ended.
process.exitCode = 1;

const { listen } = Server.prototype;
// The example listens on a fixed port.
Server.prototype.listen = function listenOnFreePort() {
  return listen.call(this, 0, "127.0.0.1", () => check(`http://127.0.0.1:${this.address().port}`));
};
const { appRouter } = require("./out/trpc-server.js");
assert.ok(appRouter);

async function check(url) {
  const json = { "content-type": "application/json" };
  const login = await call(`${url}/login`, {
    method: "POST",
    headers: json,
    body: '{"user":"ann","password":"secret"}',
  });
  const headers = { authorization: `Bearer ${login.result.data}` };
  assert.deepEqual((await call(`${url}/me`, { headers })).result, { data: "ann" });
  assert.equal((await call(`${url}/me`)).error.data.auth.reason, "TOKEN_MISSING");
  assert.equal((await call(`${url}/stats`, { headers })).error.data.auth.reason, "SCOPE_INSUFFICIENT");
  const user = (id) => call(`${url}/user?input=${encodeURIComponent(JSON.stringify({ id }))}`, { headers });
  assert.deepEqual((await user("ann")).result, { data: "user ann" });
  assert.equal((await user("bob")).error.data.auth.reason, "CLAIMS_INSUFFICIENT");
  process.exit(0);
}

async function call(url, init) {
  return (await fetch(url, init)).json();
}
