/** The twin of the browser drill: without the CSRF check, the same attacks must succeed. */
import { expect, it, vi } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { attackPage, describeSuccess, onStage } from "./browser.ts";
import { AIMS } from "./browser-attacks.ts";
import { probeChromium, SCENES } from "./browser-stage.ts";

// The only change: every request counts as one from the page's own origin.
vi.mock("../../../src/core/exchange/csrf.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../../src/core/exchange/csrf.ts")>()),
  csrfFaultOf: () => undefined,
  markFaultOf: () => undefined,
}));

describeWithService("the browser drill without the CSRF check", probeChromium, () => {
  // One scene is enough to show that the attacks work: without the check the browser's headers do
  // not matter.
  it.each(SCENES.slice(0, 1))("finds the attacks by which a sibling origin and another site succeed, on $name", {
    timeout: 300_000,
  }, async (scene) => {
    const aims = AIMS.filter(({ route }) => route === "saveNote" || route === "note");
    const { successes } = await onStage(scene, (stage) => attackPage(stage, aims));
    // A sibling origin gets all cookies. SameSite=Lax withholds them from another site, but a
    // form's response may set them.
    expect(successes.map(describeSuccess)).toEqual(
      [
        "a sibling origin reached saveNote over GraphQL by form (note)",
        "a sibling origin reached saveNote over GraphQL by multipart form (note)",
        "a sibling origin reached saveNote over GraphQL by fetch of fields, no-cors (note)",
        "a sibling origin reached saveNote over tRPC by WebSocket (note)",
        "a sibling origin reached note over tRPC by WebSocket (read)",
        "a sibling origin reached login over GraphQL by form (cookies)",
        "a sibling origin reached login over GraphQL by multipart form (cookies)",
        "a sibling origin reached login over GraphQL by fetch of fields, no-cors (cookies)",
        "another site reached login over GraphQL by form (cookies)",
        "another site reached login over GraphQL by multipart form (cookies)",
      ].map((success) => `${scene.name}: ${success}`),
    );
  });
});
