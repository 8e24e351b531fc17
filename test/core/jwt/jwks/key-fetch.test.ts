/** What `JWKSClient` takes from the network, and what it refuses: redirects, statuses, bodies, sizes. Over real HTTP, on loopback. */
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

/**
 * What a new client gets of a server: the names of its keys, or what it is refused with; and the
 * requests that it made.
 */
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

  it("is followed three times, and not a fourth", async () => {
    expect(await load(chain(3))).toMatchObject({ got: ["a"], paths: { length: 4 } });
    expect(await load(chain(4))).toMatchObject({ got: UNREACHABLE, paths: { length: 4 } });
  });

  it("in a circle ends", async () => {
    expect(await load(redirecting("/jwks.json"))).toMatchObject({ got: UNREACHABLE, paths: { length: 4 } });
  });

  it("to another origin is not followed, and nothing is sent there", async () => {
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

  it("to the same machine under another name or scheme is one to another origin", async () => {
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

  it("with a password in its place is not followed, even by a fetch that would", async () => {
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
  ])("to what is no place for keys is not followed: %s", async (target) => {
    expect(await load(redirecting(target))).toMatchObject({ got: UNREACHABLE, paths: ["/jwks.json"] });
  });

  it("without a place to go to is no answer", async () => {
    expect((await load(failing(302))).got).toEqual(UNREACHABLE);
  });

  it("that a fetch of one's own has followed is refused all the same", async () => {
    const elsewhere = await startJwksServer(serving(jwk));
    const following: KeyFetch = (url, init) => fetch(url, { ...init, redirect: "follow" });
    expect((await load(redirecting(elsewhere.url), { fetch: following })).got).toEqual(UNREACHABLE);
    expect((await load(serving(jwk), { fetch: following })).got).toEqual(["a"]);
  });
});

describe("an answer", () => {
  const set = JSON.stringify({ keys: [jwk] });

  it.each([
    201, 202, 203, 204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503,
  ])("with status %i is none", async (status) => {
    const answer: Behaviour = (response) =>
      void response
        .writeHead(status, { "content-type": "application/json" })
        .end([204, 304].includes(status) ? "" : set);
    expect((await load(answer)).got).toEqual(UNREACHABLE);
  });

  it.each([
    ["a page", showingHtml],
    ["nothing", sending("")],
    ["half a set", sending(set.slice(0, -2))],
    ["a set and more", sending(`${set},`)],
    ["a set in another encoding", sending(Buffer.from(set, "utf16le"))],
    ["null", sending("null")],
    ["a list", sending(`[${JSON.stringify(jwk)}]`)],
    ["one key", sending(JSON.stringify(jwk))],
    ["text", sending(JSON.stringify(set))],
    ["an object without keys", sending("{}")],
    ["keys by name", sending(JSON.stringify({ keys: { a: jwk } }))],
    ["keys that are no objects", sending(JSON.stringify({ keys: [jwk, "a"] }))],
    ["a key that is null", sending(JSON.stringify({ keys: [jwk, null] }))],
    ["a key that is a list", sending(JSON.stringify({ keys: [jwk, []] }))],
  ])("that is %s is no key set", async (_, answer) => {
    expect(await load(answer)).toMatchObject({ got: UNAVAILABLE, paths: ["/jwks.json"] });
  });

  it("of depth without end is refused like any other", async () => {
    const deep = (open: string, close: string): string => open.repeat(100_000) + close.repeat(100_000);
    for (const body of [deep("[", "]"), deep('{"keys":', "}"), `{"keys":[{"kty":"EC","x5c":${deep("[", "]")}}]}`]) {
      expect((await load(sending(body))).got).toMatchObject({ reason: "KEYS_UNAVAILABLE" });
    }
  });

  it("is read whatever type it says it has, and however long it takes within the timeout", async () => {
    expect((await load(sending(set, { "content-type": "text/plain" }))).got).toEqual(["a"]);
    expect((await load(slowly(50, serving(jwk)))).got).toEqual(["a"]);
  });

  it.each([
    ["never comes", hanging],
    ["stops in the middle", hangingInTheBody],
    ["never ends, drop by drop", dripping],
  ])("that %s is given up at the timeout, and its connection closed", async (_, answer) => {
    let isClosed = false;
    const watching: Behaviour = (response, request) => {
      response.on("close", () => (isClosed = true));
      answer(response, request);
    };
    expect(await load(watching, { timeout: 0.2 })).toMatchObject({ got: UNREACHABLE, paths: ["/jwks.json"] });
    await expect.poll(() => isClosed).toBe(true);
  });

  it("that is cut off, or a server that is gone, is out of reach", async () => {
    expect((await load(cuttingOff)).got).toEqual(UNREACHABLE);
    const server = await startJwksServer(serving(jwk));
    await server.stop();
    expect(await outcomeOf(new JWKSClient(server.url).getSigningKeys())).toEqual(UNREACHABLE);
    await server.start();
    expect(await new JWKSClient(server.url).getSigningKeys()).toHaveLength(1);
  });
});

describe("an answer of a megabyte", () => {
  it("is read, and not one of a byte more", async () => {
    const { length } = JSON.stringify({ keys: [jwk] });
    const blanks = (count: number): Behaviour => sending(JSON.stringify({ keys: [jwk] }) + " ".repeat(count));
    expect((await load(blanks(MEGABYTE - length))).got).toEqual(["a"]);
    expect((await load(blanks(MEGABYTE - length + 1))).got).toEqual(UNREACHABLE);
  });

  it.each([
    ["50 megabytes", padding(50 * MEGABYTE)],
    ["no end", padding(Number.POSITIVE_INFINITY)],
    ["no end, 100 bytes at a time", padding(Number.POSITIVE_INFINITY, { chunk: 100 })],
    ["no end, behind a status that is none", padding(Number.POSITIVE_INFINITY, { status: 500 })],
    ["no end, behind a redirect to elsewhere", redirectingWithoutEnd],
  ])("is all that is taken of one that has %s", async (_, answer) => {
    let isClosed = false;
    const watching: Behaviour = (response, request) => {
      response.on("close", () => (isClosed = true));
      answer(response, request);
    };
    const { got, server } = await load(watching, { timeout: 20 });
    expect(got).toEqual(UNREACHABLE);
    await expect.poll(() => isClosed).toBe(true);
    // What the kernel's buffers hold included.
    expect(server.bytesWritten).toBeLessThan(25 * MEGABYTE);
  });

  it("is all that is unpacked of one that is compressed", async () => {
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

describe("an endpoint that cannot be reached", () => {
  it("is named, with the code of what went wrong", async () => {
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
  ])("says nothing of what a fetch of one's own %s with, but its code", async (_, fetch) => {
    const client = new JWKSClient("https://issuer.example/jwks.json", { fetch });
    const { message } = (await refusalOf(client.getSigningKeys())) as Error;
    expect(message).toMatch(/^issuer\.example cannot be reached( \(EPROXY\))?$/);
  });
});
