import { condition, type Verdict, type View, WAITING } from "../condition.ts";

export const callDeviceOffline = condition({
  id: "CALL_DEVICE_OFFLINE",
  rule: "the call device has not said a word for the time, or never in this watch",
  source: "clinical facts 3.3; hazard 41",
  scope: "call",
  technical: true,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 60, min: 30, max: 300, unit: "s", help: "time without a word, built in" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "a word",
  latch: "V",
  gating: "on watch only",
  values: ["device", "seconds"],
  judge: (view, { limit }) => judgeSilence(view, limit * 1000),
});

function judgeSilence(view: View, limitMs: number): Verdict {
  const { source, record } = view.device ?? {};
  if (source === undefined) return WAITING;
  const evidence = { devices: [source.device] };
  const heardAt = record?.heardAt;
  // Nothing is owed for the time before the watch, nor for the time in which the box itself was away.
  const from = Math.max(heardAt ?? Number.NEGATIVE_INFINITY, view.watchFrom, view.settledAt);
  const silentMs = view.now - from;
  if (silentMs >= limitMs) {
    const seconds = Math.floor((view.now - (heardAt ?? view.watchFrom)) / 1000);
    const values = { device: source.device, seconds };
    return { kind: "holds", at: view.now, delayMs: 0, onlyOnWatch: true, values, ...evidence };
  }
  if (heardAt === undefined) return WAITING;
  return { kind: "clear", at: heardAt, values: { device: source.device }, ...evidence };
}
