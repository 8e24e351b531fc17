/** A user's package that exports results of `claimgate/jwt` with inferred types. */
import { decode, decodeComplete, encode, getUnverifiedHeader, JWKSClient, SigningKey } from "claimgate/jwt";

export const signed = encode({ sub: "ann" }, "s".repeat(32));
export const claims = decode("", "s".repeat(32), { algorithms: ["HS256"] });
export const complete = decodeComplete("", "s".repeat(32), { algorithms: ["HS256"] });
export const header = getUnverifiedHeader("");
export const client = new JWKSClient("https://issuer.example/jwks.json");
export const byClient = {
  ofToken: client.getSigningKeyFromJwt(""),
  one: client.getSigningKey("k1"),
  all: client.getSigningKeys(),
  set: client.getJwkSet(),
};
export const key = new SigningKey({ kty: "oct" });
export const byKey = { jwk: key.jwk, serves: key.serves("HS256") };
