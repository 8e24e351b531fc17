/** `currentToken()` with and without the option `ambient`. */
import { beforeEach, expect, it, vi } from "vitest";
import { ISSUER, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";

// The switch is module state, so each test imports a new module.
beforeEach(() => vi.resetModules());

const config = { issuer: ISSUER, algorithm: "HS256", secret: SECRET } as const;

it("currentToken throws an InvalidConfigError named ambient when no manager enables it", async () => {
  const { AuthManager, currentToken } = await import("claimgate");
  expect(await refusalOf(() => currentToken())).toMatchObject({ name: "InvalidConfigError", configValue: "ambient" });
  for (const options of [config, { ...config, ambient: false }]) await new AuthManager(options).ready();
  expect(await refusalOf(() => currentToken())).toMatchObject({ name: "InvalidConfigError", configValue: "ambient" });
});

it("currentToken is not enabled by a manager whose config is invalid", async () => {
  const { AuthManager, currentToken } = await import("claimgate");
  await refusalOf(() => new AuthManager({ ...config, issuer: "", ambient: true }));
  expect(await refusalOf(() => currentToken())).toMatchObject({ configValue: "ambient" });
});

it("currentToken returns null outside a guard, whether the constructor or init enabled it", async () => {
  const { AuthManager, currentToken } = await import("claimgate");
  const manager = new AuthManager();
  manager.init({ ...config, ambient: true });
  expect(currentToken()).toBeNull();
  const { signed } = await manager.authToken("ada");
  await manager.verify(signed);
  await manager.forRequest({ token: signed }).require();
  expect(currentToken()).toBeNull();
});
