/** The hosts from which keys may come over plain http. */
import { JWKSClient } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { checkKeyUrl } from "../../../../src/core/jwt/jwks/key-fetch.ts";

const LOOPBACK = [
  "localhost",
  "LOCALHOST",
  "keys.localhost",
  "127.0.0.1",
  "127.1.2.3",
  "[::1]",
  "0x7f.1",
  "2130706433",
];

const PRIVATE = [
  // Addresses of RFC 1918, also in the forms that URL reads.
  "10.0.0.0 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255",
  "10.1 0x0a.0.0.1 012.0.0.1 167772161 0xa000001 10.0.0.1. １０.0.0.1 10。0。0。1 %31%30.0.0.1",
  // Addresses of RFC 4193.
  "[fc00::] [fc00::1] [fd12:3456:789a::1] [FD12:3456::1] [fd00:0:0:0:0:0:0:1]",
  // Single labels, as of compose.
  "keycloak Keycloak my_idp idp-1 internal local svc evil-internal xn--tda-kva id%70",
  // Domains of clusters and of local networks.
  "idp.internal a.b.internal idp.local keycloak.default.svc keycloak.default.svc.cluster.local",
  "IDP.Internal idp.internal. keycloak.default.svc.cluster.local. idp.lo%63al idp。local",
].flatMap((hosts) => hosts.split(" "));

const PUBLIC = [
  "issuer.example 8.8.8.8 9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255",
  "192.169.0.0 100.64.0.1 203.0.113.1 255.255.255.255",
  // Every address of this machine, and link-local addresses with the metadata of cloud machines.
  "0.0.0.0 0 [::] 169.254.169.254 0xa9fea9fe 169.254.0.1 [fe80::1] [fec0::1]",
  // Addresses in IPv6, and addresses that only look like those of RFC 4193.
  "[::ffff:10.0.0.1] [::ffff:a00:1] [::ffff:127.0.0.1] [::10.0.0.1] [64:ff9b::a00:1] [2002:a00:1::]",
  "[fc::1] [fd::1] [f::fc00] [fb00::1] [fe00::1] [2001:db8::fc00]",
  // Public names that contain private ones.
  "10.evil.com 10.0.0.1.evil.com 192.168.1.1.evil.com localhost.evil.com a.internal.evil.com",
  "evil-local.com idp.evil-internal.com idp.not-internal idp.locale idp.svc.com svc.cluster.com",
  "127.0.0.1.nip.io fd00.evil.com idp.internal.com. ïdp.example idp.svс idp.internal%00.com",
  // A single label with a dot is a domain of the public root. A label may not be empty.
  "ai. localhost. internal. idp.internal.. .internal ..internal idp..internal",
].flatMap((hosts) => hosts.split(" "));

const verdict = (url: string, options?: { readonly allowHttp: boolean }): string => {
  try {
    checkKeyUrl(url, options);
    return "accepted";
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return "rejected";
  }
};

describe("an http URL", () => {
  it.each(LOOPBACK)("of the loopback host %s is accepted, with and without allowHttp", (host) => {
    const url = `http://${host}:8080/jwks`;
    expect([verdict(url), verdict(url, { allowHttp: true })]).toEqual(["accepted", "accepted"]);
  });

  it.each(PRIVATE)("of the private host %s is accepted with allowHttp only", (host) => {
    const url = `http://${host}:8080/jwks`;
    expect([verdict(url), verdict(url, { allowHttp: true })]).toEqual(["rejected", "accepted"]);
    expect(() => new JWKSClient(url)).toThrow(TypeError);
  });

  it.each(PUBLIC)("of the host %s is rejected, with and without allowHttp", (host) => {
    const url = `http://${host}:8080/jwks`;
    expect([verdict(url), verdict(url, { allowHttp: true })]).toEqual(["rejected", "rejected"]);
  });

  it("is rejected with a user, a password or another scheme, whatever its host", () => {
    for (const url of ["http://me@idp", "http://me:pass@idp", "http://:pass@idp", "http://evil.com@idp", "ws://idp"])
      expect([url, verdict(url, { allowHttp: true })]).toEqual([url, "rejected"]);
    for (const url of ["file:///keys", "ftp://idp/keys", "//idp/keys", "idp", "http:", "data:,{}"])
      expect([url, verdict(url, { allowHttp: true })]).toEqual([url, "rejected"]);
    expect(verdict("http://idp#@evil.com", { allowHttp: true })).toBe("accepted");
    expect(verdict("http://idp\\@evil.com", { allowHttp: true })).toBe("accepted");
    expect(checkKeyUrl("http://idp\\@evil.com", { allowHttp: true }).host).toBe("idp");
  });
});

describe("an https URL", () => {
  it("is accepted with every host, with and without allowHttp", () => {
    for (const host of ["issuer.example", "8.8.8.8", "idp", "10.0.0.1"]) {
      const url = `https://${host}/jwks`;
      expect([verdict(url), verdict(url, { allowHttp: true })]).toEqual(["accepted", "accepted"]);
    }
  });
});
