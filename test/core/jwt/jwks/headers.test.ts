/** Token headers that name a key (`jku`, `x5u`, `jwk`, `x5c`) have no effect (RFC 8725, 3.10). */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { AuthManager } from "claimgate";
import { decode } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { type JwksServer, serving, startJwksServer } from "../../../drills/jwks-server.ts";
import { NOW } from "../../../support/create-auth.ts";
import { verdictOf } from "../../../support/verdict-of.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { CERTIFICATE, CERTIFIED_PRIVATE_KEY } from "../keys/key-kinds.ts";
import { FakeIssuer, makeSigner, NO_SUCH_KEY, outcomeOf } from "./support.ts";

watchRejections();

const issuerKey = makeSigner("ES256", { kid: "a" });
// The attacker has a certificate and a key server.
const attacker = makeSigner(
  "ES256",
  { kid: "a" },
  { privateKey: createPrivateKey(CERTIFIED_PRIVATE_KEY), publicKey: createPublicKey(CERTIFIED_PRIVATE_KEY) },
);
const der = CERTIFICATE.replace(/-----[A-Z ]+-----|\s/g, "");
const ISSUER = "https://issuer.example";

/** Headers that lead to the attacker's key. */
function leading(to: JwksServer): ReadonlyArray<Record<string, unknown>> {
  return [
    { jku: to.url },
    { x5u: `${to.origin}/certificate.pem` },
    { jwk: attacker.jwk },
    { x5c: [der] },
    { jku: to.url, x5u: to.url, jwk: attacker.jwk, x5c: [der], "x5t#S256": "AAAA" },
    { jku: to.url, kid: to.url },
    { jku: [to.url], jwk: [attacker.jwk] },
  ];
}

describe("a token whose header names or contains a key", () => {
  it("is verified with the issuer's keys only, without any other request", async () => {
    const elsewhere = await startJwksServer(serving(attacker.jwk));
    const issuer = new FakeIssuer(issuerKey.jwk);
    const client = issuer.client();
    for (const headers of leading(elsewhere)) {
      const token = await attacker.sign(headers);
      const found = client.getSigningKeyFromJwt(token).then((key) => decode(token, key, { algorithms: ["ES256"] }));
      expect(await outcomeOf(found)).toMatchObject({ reason: "SIGNATURE_INVALID" });
    }
    expect(elsewhere.requests).toHaveLength(0);
    expect(issuer.requests).toHaveLength(1);
  });

  it("is rejected when the issuer has no key of its kid", async () => {
    const elsewhere = await startJwksServer(serving(attacker.jwk));
    const client = new FakeIssuer(issuerKey.jwk).client();
    for (const headers of leading(elsewhere)) {
      const token = await attacker.sign({ ...headers, kid: "b" });
      expect(await outcomeOf(client.getSigningKeyFromJwt(token))).toEqual(NO_SUCH_KEY);
    }
    expect(elsewhere.requests).toHaveLength(0);
  });

  it("is accepted when the issuer signed it", async () => {
    const elsewhere = await startJwksServer(serving(attacker.jwk));
    const client = new FakeIssuer(issuerKey.jwk).client();
    for (const { kid: _, ...headers } of leading(elsewhere)) {
      const token = await issuerKey.sign(headers);
      const key = await client.getSigningKeyFromJwt(token);
      expect(key.jwk).toEqual(issuerKey.jwk);
      expect(await decode(token, key, { algorithms: ["ES256"] })).toEqual({ sub: "ada" });
    }
    expect(elsewhere.requests).toHaveLength(0);
  });

  it("gets the same verdicts from a manager that trusts the issuer", async () => {
    const elsewhere = await startJwksServer(serving(attacker.jwk));
    const issuer = await startJwksServer(serving(issuerKey.jwk));
    const auth = new AuthManager({
      trust: [{ issuer: ISSUER, jwksUri: issuer.url, audience: "api", algorithms: ["ES256"] }],
      now: () => NOW,
    });
    const claims = { iss: ISSUER, sub: "ada", aud: "api", iat: NOW, exp: NOW + 60 };
    for (const { kid: _, ...headers } of leading(elsewhere)) {
      const typed = { typ: "at+jwt", ...headers };
      expect(await verdictOf(auth, await attacker.sign(typed, claims))).toBe("SIGNATURE_INVALID");
      expect(await verdictOf(auth, await issuerKey.sign(typed, claims))).toBe("allowed");
    }
    expect(elsewhere.requests).toHaveLength(0);
    expect(issuer.requests).toHaveLength(1);
  });
});

describe("a key of the set with a URL or a certificate", () => {
  it("is used as published, without any other request", async () => {
    const elsewhere = await startJwksServer(serving(attacker.jwk));
    const pointing = { ...issuerKey.jwk, x5u: elsewhere.url, x5c: [der], jku: elsewhere.url };
    const client = new FakeIssuer(pointing).client();
    const token = await issuerKey.sign();
    expect(await decode(token, await client.getSigningKeyFromJwt(token), { algorithms: ["ES256"] })).toEqual({
      sub: "ada",
    });
    const forged = await attacker.sign({ x5c: [der] });
    const key = await client.getSigningKeyFromJwt(forged);
    expect(await outcomeOf(decode(forged, key, { algorithms: ["ES256"] }))).toMatchObject({
      reason: "SIGNATURE_INVALID",
    });
    expect(elsewhere.requests).toHaveLength(0);
  });
});
