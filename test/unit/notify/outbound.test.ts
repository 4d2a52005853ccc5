import path from "node:path";
import { describe, expect, test } from "vitest";
import { OUTBOUND, outboundTo } from "../../../src/notify/outbound.ts";

describe("the list of places outside the house", () => {
  test("is written down for machines", async () => {
    const file = path.join(import.meta.dirname, "../../../docs/outbound.json");
    await expect(`${JSON.stringify(OUTBOUND, null, 2)}\n`).toMatchFileSnapshot(file);
  });

  test("knows the push services by their whole names, and nothing that only looks like one", () => {
    expect(outboundTo("fcm.googleapis.com")[0]?.part).toBe("web-push");
    expect(outboundTo("updates.push.services.mozilla.com")[0]?.part).toBe("web-push");
    for (const host of [
      "evil-google.com",
      "google.com.example.org",
      "push.apple.com.cn",
      ".google.com",
      "",
    ]) {
      expect(outboundTo(host)).toEqual([]);
    }
  });
});
