import { describe, expect, test } from "vitest";
import { alertedBy, type CallablePhone, type CallableWay, lossOf } from "../../../src/domain/alerted.ts";
import type { ChannelCapabilities } from "../../../src/port/channel.ts";

const can = (sounds: ChannelCapabilities["sounds"], ios: "yes" | "no" | "setting"): ChannelCapabilities => ({
  ...{ breaksDndIos: ios, breaksDndAndroid: "no", mainlandChina: "yes", sounds },
  ...{ acknowledges: false, endToEndEncrypted: false, maxBytes: 100, ratePerMinute: 5 },
});
const WAYS: readonly CallableWay[] = [
  { id: "app", capabilities: can("alarm", "setting"), isReady: true },
  { id: "letter", capabilities: can("notification", "no"), isReady: true },
  { id: "mute", capabilities: can("alarm", "no"), isReady: true },
  { id: "call", capabilities: can("call", "setting"), isReady: false },
];
const phone = (id: string, person: string, channel: string, isDead = false): CallablePhone => ({
  ...{ id, person, channel, isDead },
});

describe("whom alarms reach", () => {
  test("a dead phone and a way without what it needs reach nobody; a notification wakes nobody", () => {
    const phones = [
      ...[phone("1", "mei", "app"), phone("2", "bo", "letter"), phone("3", "li", "app", true)],
      ...[phone("4", "wu", "call"), phone("5", "ana", "web-push"), phone("6", "xu", "mute")],
    ];
    const { told, woken } = alertedBy(phones, WAYS);
    expect([...told]).toEqual(["mei", "bo", "ana", "xu"]);
    expect([...woken]).toEqual(["mei"]);
  });

  test("the last phone of somebody, the last that rings, and one of several", () => {
    const phones = [phone("1", "mei", "app"), phone("2", "mei", "letter"), phone("3", "bo", "letter")];
    const without = (id: string) =>
      lossOf(
        alertedBy(phones, WAYS),
        alertedBy(
          phones.filter((one) => one.id !== id),
          WAYS,
        ),
      );
    expect(without("3")).toEqual({ told: ["bo"], woken: [] });
    expect(without("1")).toEqual({ told: [], woken: ["mei"] });
    expect(without("2")).toEqual({ told: [], woken: [] });
  });

  test("what is forgotten of a provider takes all its phones with it", () => {
    const phones = [phone("1", "mei", "app"), phone("2", "bo", "app"), phone("3", "bo", "letter")];
    const after = WAYS.map((way) => ({ ...way, isReady: way.id !== "app" }));
    expect(lossOf(alertedBy(phones, WAYS), alertedBy(phones, after))).toEqual({
      told: ["mei"],
      woken: ["bo"],
    });
  });
});
