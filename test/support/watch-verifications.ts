/** Counts the signature checks of this process, by `node:crypto` and by WebCrypto. */
import nodeCrypto from "node:crypto";
import { type Mock, vi } from "vitest";

/** Each signature check calls the returned mock. `vi.restoreAllMocks()` ends the count. */
export function watchVerifications(): Mock<() => void> {
  const checked = vi.fn<() => void>();
  // Every check of an HMAC ends with this comparison.
  count(nodeCrypto, "timingSafeEqual", checked);
  count(nodeCrypto, "verify", checked);
  count(crypto.subtle, "verify", checked);
  return checked;
}

function count<K extends string>(of: Record<K, (...args: never) => unknown>, name: K, checked: () => void): void {
  const original = (of[name] as (...args: unknown[]) => unknown).bind(of);
  vi.spyOn(of as Record<string, (...args: unknown[]) => unknown>, name).mockImplementation((...args) => {
    checked();
    return original(...args);
  });
}
