/** A user's package that exports results of `claimgate` with the types that the compiler infers. */
import {
  AuthData,
  AuthManager,
  currentToken,
  defineRule,
  isAuthError,
  JWT,
  jwksHandler,
  keysFromFile,
  memorySessionStore,
} from "claimgate";

const SECRET = "s".repeat(32);

export const keys = keysFromFile("keys.json");
export const store = memorySessionStore();
export const auth = new AuthManager({
  issuer: "me",
  algorithm: "HS256",
  secret: SECRET,
  claimsSchema: {
    "~standard": { version: 1, vendor: "me", validate: (value) => ({ value: value as { readonly plan?: "pro" } }) },
  },
  sessions: store,
});
export const fromEnv = AuthManager.fromEnv({ path: ".env" });
export const converted = AuthManager.convertToken("");
export const configure = (): unknown => auth.init({ issuer: "me", keys });
export const rule = defineRule({ args: { sub: "id" }, anyOf: [{ scope: "a" }, { claims: { plan: "pro" } }] });
export const ownRule = auth.rule({ claims: { plan: "pro" } });
export const jwks = jwksHandler(auth);
export const current = currentToken();
export const isRefusal = isAuthError(new Error("not one"));
export const byManager = {
  ready: auth.ready(),
  auth: auth.authToken("ann", { claims: { plan: "pro" } }),
  refreshToken: auth.refreshToken("ann"),
  verify: auth.verify("", { type: "any" }),
  verifyToken: auth.verifyToken(""),
  login: auth.login("ann", { scope: "a" }),
  refresh: auth.refresh(""),
  revoke: auth.revoke({ subject: "ann" }),
  sessions: auth.sessions("ann"),
  jwks: auth.jwks(),
  retire: auth.retire("k1"),
};
export const request = auth.forRequest({ headers: { authorization: "Bearer" } });
export const byRequest = {
  manager: request.manager,
  token: request.token,
  authenticate: request.authenticate(),
  require: request.require(rule, { args: { id: "ann" } }),
  optional: request.require({ optional: true }),
  login: request.login("ann", { deliver: "body" }),
  loginByCookie: request.login("ann", { deliver: "cookies" }),
  loginByDefault: request.login("ann"),
  refresh: request.refresh(),
  logout: request.logout(),
};
export const authData = new AuthData({ authType: "HS256", secret: SECRET, issuer: "me" });
export const byAuthData = {
  type: authData.authType,
  secret: authData.secret,
  publicKey: authData.publicKey,
  algorithm: authData.algorithm(),
  claims: authData.extendClaims("auth", {}),
  signed: authData.sign("auth", {}),
  json: authData.toJSON(),
};
export const token = new JWT("auth", "ann", { claims: { plan: "pro" } });
export const byToken = {
  type: token.tokenType,
  claims: token.claims,
  header: token.header,
  isSigned: token.isSigned(),
  signed: token.sign(authData),
  read: JWT.fromSignedToken(""),
  json: token.toJSON(),
};
