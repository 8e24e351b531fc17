/** Tokens as the well-known issuers write them, and the README's `trust` entry for each. */
import type { TrustedIssuer } from "claimgate";

type Claims = Readonly<Record<string, unknown>>;
/** An entry without the location of its keys. */
export type Entry = Omit<TrustedIssuer, "issuer" | "jwksUri" | "discovery" | "jwks"> & { readonly issuer: string };

/** A token: its header's `typ`, and the claims other than `iss`, `iat` and `exp`. */
export interface Shape {
  readonly typ: string | undefined;
  readonly claims: Claims;
}

/** An issuer. */
export interface Profile {
  readonly name: string;
  readonly entry: Entry;
  /** An access token of user 42 for our API, with the scope `notes:read`. */
  readonly access: Shape;
  /** The resulting `ctx.auth.token.sub`. */
  readonly subject: string;
  /** The claims that rules can read. */
  readonly visible: Claims;
  /** An ID token for the client of the login, with the nonce that the issuer's own SDK sends. */
  readonly id: Shape;
  /** The differing claims of an access token for another API, and the reason of its refusal. */
  readonly foreign: { readonly claims: Claims; readonly reason: string };
}

const API = "https://notes.example";
const TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
const ENTRA_API = "00001111-aaaa-2222-bbbb-3333cccc4444";

/**
 * Dashboard: an API whose JSON Web Token Profile is Auth0, with RBAC and permissions in the token.
 */
const auth0: Profile = {
  name: "Auth0",
  entry: {
    issuer: "https://tenant.eu.auth0.com/",
    audience: API,
    algorithms: ["RS256"],
    typ: "JWT",
    scopeClaim: ["scope", "permissions"],
    subject: "verbatim",
    claims: ["azp", `${API}/roles`],
  },
  access: {
    typ: "JWT",
    claims: {
      sub: "auth0|42",
      aud: [API, "https://tenant.eu.auth0.com/userinfo"],
      azp: "spa",
      scope: "openid profile",
      permissions: ["notes:read"],
      [`${API}/roles`]: ["editor"],
    },
  },
  subject: "auth0|42",
  visible: { azp: "spa", [`${API}/roles`]: ["editor"] },
  id: { typ: "JWT", claims: { sub: "auth0|42", aud: "spa", nonce: "n", sid: "s", name: "Ada", updated_at: "2025" } },
  foreign: { claims: { aud: ["https://bills.example"] }, reason: "AUDIENCE_INVALID" },
};

/** The same API with the JSON Web Token Profile RFC 9068. */
const auth0Rfc9068: Profile = {
  ...auth0,
  name: "Auth0 with the profile RFC 9068",
  entry: {
    issuer: auth0.entry.issuer,
    audience: API,
    algorithms: ["RS256"],
    scopeClaim: ["scope", "permissions"],
    subject: "verbatim",
    claims: ["client_id"],
  },
  access: {
    typ: "at+jwt",
    claims: { sub: "auth0|42", aud: API, client_id: "spa", jti: "j", scope: "openid", permissions: ["notes:read"] },
  },
  visible: { client_id: "spa" },
};

/** With a client scope that adds the API to `aud`, which Keycloak does not do by default. */
const keycloak: Profile = {
  name: "Keycloak",
  entry: {
    issuer: "https://id.example/realms/main",
    audience: "notes-api",
    algorithms: ["RS256"],
    typ: "JWT",
    require: { typ: "Bearer" },
    scopeClaim: ["scope", "realm_access.roles"],
    subject: ({ sub }) => `keycloak|${String(sub)}`,
    claims: ["azp", "preferred_username", "resource_access"],
  },
  access: {
    typ: "JWT",
    claims: {
      sub: "42",
      aud: ["notes-api", "account"],
      typ: "Bearer",
      azp: "spa",
      jti: "j",
      sid: "s",
      session_state: "s",
      acr: "1",
      nonce: "n",
      scope: "openid email",
      realm_access: { roles: ["offline_access", "notes:read"] },
      resource_access: { account: { roles: ["view-profile"] } },
      preferred_username: "ada",
    },
  },
  subject: "keycloak|42",
  visible: {
    azp: "spa",
    preferred_username: "ada",
    resource_access: { account: { roles: ["view-profile"] } },
  },
  id: { typ: "JWT", claims: { sub: "42", aud: "notes-api", typ: "ID", azp: "notes-api", sid: "s", at_hash: "h" } },
  foreign: { claims: { aud: "account" }, reason: "AUDIENCE_INVALID" },
};

/** An app client of a user pool. Cognito's access tokens have no `aud` and no `typ`. */
const cognito: Profile = {
  name: "Cognito",
  entry: {
    issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc",
    audience: "appclient",
    audienceClaim: "client_id",
    algorithms: ["RS256"],
    typ: null,
    require: { token_use: "access" },
    subject: ({ sub }) => `cognito|${String(sub)}`,
    claims: ["username", "cognito:groups"],
  },
  access: {
    typ: undefined,
    claims: {
      sub: "42",
      client_id: "appclient",
      token_use: "access",
      version: 2,
      scope: "openid notes:read",
      "cognito:groups": ["staff"],
      username: "ada",
      origin_jti: "o",
      jti: "j",
    },
  },
  subject: "cognito|42",
  visible: { username: "ada", "cognito:groups": ["staff"] },
  id: { typ: undefined, claims: { sub: "42", aud: "appclient", token_use: "id", at_hash: "h", email: "a@b.c" } },
  foreign: { claims: { client_id: "another" }, reason: "AUDIENCE_INVALID" },
};

/**
 * An app registration whose requestedAccessTokenVersion is 2; `sub` differs per client, `oid` does
 * not.
 */
const entra: Profile = {
  name: "Entra ID",
  entry: {
    issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    audience: ENTRA_API,
    algorithms: ["RS256"],
    typ: "JWT",
    scopeClaim: ["scp", "roles"],
    subject: ({ tid, oid }) => `entra|${String(tid)}|${String(oid)}`,
    claims: ["oid", "azp", "preferred_username"],
  },
  access: {
    typ: "JWT",
    claims: {
      aud: ENTRA_API,
      ver: "2.0",
      tid: TENANT,
      oid: "42",
      sub: "pairwise",
      azp: "spa",
      azpacr: "0",
      scp: "notes:read",
      preferred_username: "ada@example.com",
      uti: "u",
    },
  },
  subject: `entra|${TENANT}|42`,
  visible: { oid: "42", azp: "spa", preferred_username: "ada@example.com" },
  // The ID token of a page that shares its registration with the API and sends no nonce.
  id: { typ: "JWT", claims: { aud: ENTRA_API, ver: "2.0", tid: TENANT, oid: "42", sub: "pairwise", roles: ["staff"] } },
  foreign: { claims: { aud: "00000003-0000-0000-c000-000000000000" }, reason: "AUDIENCE_INVALID" },
};

/** The same registration with requestedAccessTokenVersion 1, which is the default. */
const entraFirst: Profile = {
  ...entra,
  name: "Entra ID, tokens of version 1",
  entry: {
    ...entra.entry,
    issuer: `https://sts.windows.net/${TENANT}/`,
    audience: `api://${ENTRA_API}`,
    claims: ["oid", "appid"],
  },
  access: {
    typ: "JWT",
    claims: {
      aud: `api://${ENTRA_API}`,
      ver: "1.0",
      tid: TENANT,
      oid: "42",
      sub: "pairwise",
      appid: "job",
      appidacr: "1",
      roles: ["notes:read"],
    },
  },
  visible: { oid: "42", appid: "job" },
};

/**
 * A custom authorization server. Access tokens have no `typ`; `sub` is the login name, `uid` is
 * stable.
 */
const okta: Profile = {
  name: "Okta",
  entry: {
    issuer: "https://org.okta.com/oauth2/default",
    audience: "api://default",
    algorithms: ["RS256"],
    typ: null,
    scopeClaim: "scp",
    subject: (claims) => `okta|${String("uid" in claims ? claims["uid"] : claims["cid"])}`,
    claims: ["cid", "groups"],
  },
  access: {
    typ: undefined,
    claims: {
      ver: 1,
      jti: "AT.j",
      aud: "api://default",
      cid: "spa",
      uid: "42",
      scp: ["openid", "notes:read"],
      auth_time: 1,
      sub: "ada@example.com",
      groups: ["staff"],
    },
  },
  subject: "okta|42",
  visible: { cid: "spa", groups: ["staff"] },
  id: { typ: undefined, claims: { ver: 1, jti: "ID.j", aud: "spa", sub: "42", nonce: "n", at_hash: "h" } },
  foreign: { claims: { aud: "https://org.okta.com" }, reason: "AUDIENCE_INVALID" },
};

/** Another claimgate or Flask_PyJWT service, which signs its refresh tokens with the same key. */
const sibling: Profile = {
  name: "claimgate or Flask_PyJWT elsewhere",
  entry: {
    issuer: "https://accounts.example",
    audience: API,
    algorithms: ["RS256"],
    typ: "JWT",
    require: { type: "auth" },
    subject: "verbatim",
    claims: ["plan"],
  },
  access: { typ: "JWT", claims: { sub: 42, aud: API, type: "auth", scope: ["notes:read"], plan: "pro", sid: "s" } },
  subject: "42",
  visible: { plan: "pro" },
  id: { typ: "JWT", claims: { sub: 42, aud: API, type: "auth", at_hash: "h" } },
  foreign: { claims: { type: "refresh", rid: "r" }, reason: "TOKEN_TYPE_INVALID" },
};

/** All profiles. */
export const PROFILES: readonly Profile[] = [auth0, auth0Rfc9068, keycloak, cognito, entra, entraFirst, okta, sibling];
