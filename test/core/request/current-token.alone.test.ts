/** `currentToken()` by itself: it says what to switch on, and outside a guard there is no token. */
import { beforeEach, expect, it, vi } from "vitest";
import { ISSUER, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";

// Whether it is switched on is state of the module, so each test has a module of its own.
beforeEach(() => vi.resetModules());

const config = { issuer: ISSUER, algorithm: "HS256", secret: SECRET } as const;

it("throws an error that names the option where no manager switched it on", async () => {
  const { AuthManager, currentToken } = await import("claimgate");
  expect(await refusalOf(() => currentToken())).toMatchObject({ name: "InvalidConfigError", configValue: "ambient" });
  for (const options of [config, { ...config, ambient: false }]) await new AuthManager(options).ready();
  expect(await refusalOf(() => currentToken())).toMatchObject({ name: "InvalidConfigError", configValue: "ambient" });
});

it("is not switched on by a manager whose other options are wrong", async () => {
  const { AuthManager, currentToken } = await import("claimgate");
  await refusalOf(() => new AuthManager({ ...config, issuer: "", ambient: true }));
  expect(await refusalOf(() => currentToken())).toMatchObject({ configValue: "ambient" });
});

it("is null outside a guard, by constructor or by init", async () => {
  const { AuthManager, currentToken } = await import("claimgate");
  const manager = new AuthManager();
  manager.init({ ...config, ambient: true });
  expect(currentToken()).toBeNull();
  const { signed } = await manager.authToken("ada");
  await manager.verify(signed);
  await manager.forRequest({ token: signed }).require();
  expect(currentToken()).toBeNull();
});
