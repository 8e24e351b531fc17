/** Loads an issuer, and proves that its tokens are those of the others. */
import assert from "node:assert/strict";
import { createPublicKey, type KeyObject } from "node:crypto";
import { jwtVerify } from "jose";
import type { Work } from "../../harness/types.ts";
import { type Algorithm, createSignKey } from "../verify/algorithms.ts";
import { ISSUER } from "../verify/fixture.ts";
import { type Issue, type Issuer, LIFETIME_SECONDS } from "./issuers.ts";

const SCOPE = { admin: true, teams: ["red", "blue"] };

export async function loadIssuer(
  pick: (issuers: typeof import("./issuers.ts")) => Issuer,
  algorithm: Algorithm,
): Promise<Work> {
  const issuers = await import("./issuers.ts");
  const issuer = pick(issuers);
  const key = createSignKey(algorithm);
  const issue = await issuer(algorithm, key);
  let turn = 0;
  return {
    call() {
      turn = (turn + 1) % 100_000;
      return issue(`user-${100_000 + turn}`, SCOPE);
    },
    prove: async () => {
      if (issuer !== issuers.bareCrypto) await prove(issue, algorithm, key);
    },
  };
}

/** Throws unless the token has the six claims and verifies with the issuer's key alone. */
async function prove(issue: Issue, algorithm: Algorithm, key: KeyObject): Promise<void> {
  const token = await issue("user-1", SCOPE);
  const { payload, protectedHeader } = await jwtVerify(token, publicPartOf(key));
  const { iat = 0, exp = 0, ...rest } = payload;
  assert.deepEqual(protectedHeader, { alg: algorithm, typ: "JWT" });
  assert.deepEqual(rest, { iss: ISSUER, sub: "user-1", type: "auth", scope: SCOPE });
  assert.ok(Math.abs(iat - Date.now() / 1000) < 10 && exp === iat + LIFETIME_SECONDS, "iat and exp");
  await assert.rejects(jwtVerify(token, publicPartOf(createSignKey(algorithm))), "another key must reject the token");
}

function publicPartOf(key: KeyObject): KeyObject {
  return key.type === "secret" ? key : createPublicKey(key);
}
