/** The fetch of a key set over real HTTP: redirects, statuses, bodies, sizes and timeouts. */
import { JWKSClient, type JWKSClientOptions, type KeyFetch } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import {
  type Behaviour,
  compressing,
  cuttingOff,
  dripping,
  failing,
  hanging,
  hangingInTheBody,
  padding,
  redirecting,
  sending,
  serving,
  showingHtml,
  slowly,
  startJwksServer,
} from "../../../drills/jwks-server.ts";
import { refusalOf } from "../../../support/refusal-of.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { makeSigner, outcomeOf, UNAVAILABLE, UNREACHABLE } from "./support.ts";

watchRejections();

const { jwk } = makeSigner("ES256", { kid: "a" });
const MEGABYTE = 1_048_576;

const redirectingWithoutEnd: Behaviour = (response, request) => {
  response.setHeader("location", "https://elsewhere.example/");
  padding(Number.POSITIVE_INFINITY, { status: 302 })(response, request);
};

/** The kids or the error that a new client of a server gets, and the paths of its requests. */
async function load(answer: Behaviour, options: JWKSClientOptions = {}) {
  const server = await startJwksServer(answer);
  const client = new JWKSClient(server.url, options);
  const keys = client.getSigningKeys().then((all) => all.map(({ kid }) => kid));
  const got = await keys.catch(() => outcomeOf(keys));
  return { got, server, paths: server.requests.map(({ path }) => path) };
}

describe("a redirect", () => {
  const chain =
    (length: number): Behaviour =>
    (response, request) => {
      const at = Number(new URL(request.url ?? "", "http://x").searchParams.get("at") ?? 0);
      const next = at < length ? redirecting(`/moved?at=${at + 1}`) : serving(jwk);
      next(response, request);
    };

  it.each([
    301, 302, 303, 307, 308,
  ])("with status %i is followed within the origin, with the same headers", async (status) => {
    const answer: Behaviour = (response, request) => {
      (request.url === "/jwks.json" ? redirecting("keys.json", status) : serving(jwk))(response, request);
    };
    const { got, paths, server } = await load(answer, { headers: { "x-tenant": "1" } });
    expect(got).toEqual(["a"]);
    expect(paths).toEqual(["/jwks.json", "/keys.json"]);
    expect(server.requests.map(({ method, headers }) => [method, headers["x-tenant"]])).toEqual([
      ["GET", "1"],
      ["GET", "1"],
    ]);
  });

  it("is followed three times, but not a fourth time", async () => {
    expect(await load(chain(3))).toMatchObject({ got: ["a"], paths: { length: 4 } });
    expect(await load(chain(4))).toMatchObject({ got: UNREACHABLE, paths: { length: 4 } });
  });

  it("to itself ends after three times", async () => {
    expect(await load(redirecting("/jwks.json"))).toMatchObject({ got: UNREACHABLE, paths: { length: 4 } });
  });

  it("to another origin is rejected without a request to it", async () => {
    const elsewhere = await startJwksServer(serving(jwk));
    const { port } = new URL(elsewhere.origin);
    const targets = [elsewhere.url, `//127.0.0.1:${port}/jwks.json`, `http://localhost:${port}/jwks.json`];
    for (const target of targets) {
      expect(await load(redirecting(target), { headers: { authorization: "Bearer of keys" } })).toMatchObject({
        got: UNREACHABLE,
        paths: ["/jwks.json"],
      });
    }
    expect(elsewhere.requests).toHaveLength(0);
  });

  it("to the same machine under another name or scheme is rejected", async () => {
    const byName: Behaviour = (response, request) => {
      const { host = "" } = request.headers;
      redirecting(`http://${host.replace("127.0.0.1", "localhost")}/keys.json`)(response, request);
    };
    const toTls: Behaviour = (response, request) => redirecting(`https://${request.headers.host}/`)(response, request);
    const withPassword: Behaviour = (response, request) =>
      redirecting(`http://a:b@${request.headers.host}/keys.json`)(response, request);
    for (const answer of [byName, toTls, withPassword])
      expect(await load(answer)).toMatchObject({ got: UNREACHABLE, paths: ["/jwks.json"] });
  });

  it("to a URL with a password is rejected, also with a custom fetch", async () => {
    const asked: string[] = [];
    const answers = [Response.redirect("https://a:b@issuer.example/keys"), Response.json({ keys: [jwk] })];
    const client = new JWKSClient("https://issuer.example/jwks.json", {
      fetch: async (url) => {
        asked.push(url);
        return answers.shift() as Response;
      },
    });
    expect(await outcomeOf(client.getSigningKeys())).toEqual(UNREACHABLE);
    expect(asked).toEqual(["https://issuer.example/jwks.json"]);
  });

  it.each([
    "data:application/json,{}",
    "file:///etc/hostname",
    "http://[",
    "javascript:0",
    "blob:x",
  ])("to an unsupported URL is rejected: %s", async (target) => {
    expect(await load(redirecting(target))).toMatchObject({ got: UNREACHABLE, paths: ["/jwks.json"] });
  });

  it("without a location is rejected", async () => {
    expect((await load(failing(302))).got).toEqual(UNREACHABLE);
  });

  it("that a custom fetch has followed is rejected", async () => {
    const elsewhere = await startJwksServer(serving(jwk));
    const following: KeyFetch = (url, init) => fetch(url, { ...init, redirect: "follow" });
    expect((await load(redirecting(elsewhere.url), { fetch: following })).got).toEqual(UNREACHABLE);
    expect((await load(serving(jwk), { fetch: following })).got).toEqual(["a"]);
  });
});

describe("an answer with a key set", () => {
  const set = JSON.stringify({ keys: [jwk] });

  it.each([
    201, 202, 203, 204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503,
  ])("is rejected with status %i", async (status) => {
    const answer: Behaviour = (response) =>
      void response
        .writeHead(status, { "content-type": "application/json" })
        .end([204, 304].includes(status) ? "" : set);
    expect((await load(answer)).got).toEqual(UNREACHABLE);
  });

  it.each([
    ["an HTML page", showingHtml],
    ["empty", sending("")],
    ["half a set", sending(set.slice(0, -2))],
    ["a set and more", sending(`${set},`)],
    ["a set in UTF-16", sending(Buffer.from(set, "utf16le"))],
    ["null", sending("null")],
    ["a list", sending(`[${JSON.stringify(jwk)}]`)],
    ["a single key", sending(JSON.stringify(jwk))],
    ["text", sending(JSON.stringify(set))],
    ["an object without keys", sending("{}")],
    ["an object as keys", sending(JSON.stringify({ keys: { a: jwk } }))],
    ["keys that are not objects", sending(JSON.stringify({ keys: [jwk, "a"] }))],
    ["a key that is null", sending(JSON.stringify({ keys: [jwk, null] }))],
    ["a key that is a list", sending(JSON.stringify({ keys: [jwk, []] }))],
  ])("is rejected when it is %s", async (_, answer) => {
    expect(await load(answer)).toMatchObject({ got: UNAVAILABLE, paths: ["/jwks.json"] });
  });

  it("is rejected when it is nested 100,000 levels deep", async () => {
    const deep = (open: string, close: string): string => open.repeat(100_000) + close.repeat(100_000);
    for (const body of [deep("[", "]"), deep('{"keys":', "}"), `{"keys":[{"kty":"EC","x5c":${deep("[", "]")}}]}`]) {
      expect((await load(sending(body))).got).toMatchObject({ reason: "KEYS_UNAVAILABLE" });
    }
  });

  it("is accepted with any content type, and when it is slow but within the timeout", async () => {
    expect((await load(sending(set, { "content-type": "text/plain" }))).got).toEqual(["a"]);
    expect((await load(slowly(50, serving(jwk)))).got).toEqual(["a"]);
  });

  it.each([
    ["never comes", hanging],
    ["stops in the middle", hangingInTheBody],
    ["never ends and arrives in small chunks", dripping],
  ])("that %s is abandoned at the timeout, and its connection is closed", async (_, answer) => {
    let isClosed = false;
    const watching: Behaviour = (response, request) => {
      response.on("close", () => (isClosed = true));
      answer(response, request);
    };
    expect(await load(watching, { timeout: 0.2 })).toMatchObject({ got: UNREACHABLE, paths: ["/jwks.json"] });
    await expect.poll(() => isClosed).toBe(true);
  });

  it("that is cut off is rejected, and so is a stopped server until it runs again", async () => {
    expect((await load(cuttingOff)).got).toEqual(UNREACHABLE);
    const server = await startJwksServer(serving(jwk));
    await server.stop();
    expect(await outcomeOf(new JWKSClient(server.url).getSigningKeys())).toEqual(UNREACHABLE);
    await server.start();
    expect(await new JWKSClient(server.url).getSigningKeys()).toHaveLength(1);
  });
});

describe("an answer of one megabyte", () => {
  it("is accepted, and rejected with one byte more", async () => {
    const { length } = JSON.stringify({ keys: [jwk] });
    const blanks = (count: number): Behaviour => sending(JSON.stringify({ keys: [jwk] }) + " ".repeat(count));
    expect((await load(blanks(MEGABYTE - length))).got).toEqual(["a"]);
    expect((await load(blanks(MEGABYTE - length + 1))).got).toEqual(UNREACHABLE);
  });

  it.each([
    ["50 megabytes", padding(50 * MEGABYTE)],
    ["no end", padding(Number.POSITIVE_INFINITY)],
    ["no end, in chunks of 100 bytes", padding(Number.POSITIVE_INFINITY, { chunk: 100 })],
    ["no end, with status 500", padding(Number.POSITIVE_INFINITY, { status: 500 })],
    ["no end, with a redirect to another origin", redirectingWithoutEnd],
  ])("is the most that is read when the answer has %s", async (_, answer) => {
    let isClosed = false;
    const watching: Behaviour = (response, request) => {
      response.on("close", () => (isClosed = true));
      answer(response, request);
    };
    const { got, server } = await load(watching, { timeout: 20 });
    expect(got).toEqual(UNREACHABLE);
    await expect.poll(() => isClosed).toBe(true);
    // The server has also written the bytes in the kernel's buffers.
    expect(server.bytesWritten).toBeLessThan(25 * MEGABYTE);
  });

  it("is the most that is decompressed", async () => {
    let unpacked = 0;
    const counting: KeyFetch = async (url, init) => {
      const response = await fetch(url, init);
      const count = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          unpacked += chunk.length;
          controller.enqueue(chunk);
        },
      });
      return new Response(response.body?.pipeThrough(count) ?? null, response);
    };
    const { got, server } = await load(compressing(200 * MEGABYTE), { fetch: counting });
    expect(got).toEqual(UNREACHABLE);
    expect(server.bytesWritten).toBeLessThan(MEGABYTE);
    expect(unpacked).toBeGreaterThan(MEGABYTE);
    expect(unpacked).toBeLessThan(2 * MEGABYTE);
    expect((await load(compressing(1000))).got).toEqual(UNAVAILABLE);
  });
});

describe("an error of an unreachable endpoint", () => {
  it("names the host and its port", async () => {
    const error = await refusalOf(new JWKSClient("http://127.0.0.1:1/jwks.json").getSigningKeys());
    expect(error).toMatchObject({
      name: "JWKSClientConnectionError",
      message: expect.stringMatching(/127\.0\.0\.1:1 cannot be reached/),
    });
  });

  it.each([
    ["rejects", async () => Promise.reject(new Error("Bearer secret"))],
    [
      "throws at once",
      () => {
        throw Object.assign(new Error("Bearer secret"), { code: "EPROXY" });
      },
    ],
  ])("shows only the code when a custom fetch %s", async (_, fetch) => {
    const client = new JWKSClient("https://issuer.example/jwks.json", { fetch });
    const { message } = (await refusalOf(client.getSigningKeys())) as Error;
    expect(message).toMatch(/^issuer\.example cannot be reached( \(EPROXY\))?$/);
  });
});
