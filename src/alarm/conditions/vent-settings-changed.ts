import { condition, type Verdict, type View, WAITING } from "../condition.ts";

export const ventSettingsChanged = condition({
  id: "VENT_SETTINGS_CHANGED",
  rule: "the ventilator's settings are not what they were",
  source: "clinical facts 3.3",
  scope: "ventilator",
  technical: true,
  liveOnly: false,
  canBeOff: true,
  settings: {},
  priority: { A: "low", B: "low", C: "low" },
  rises: "medium outside the bed's watch hours: by day somebody can ask who changed them",
  clears: "somebody has taken note of it, or the settings are as before",
  latch: "V",
  gating: "",
  reads: [],
  values: ["device", "names"],
  judge: judgeSettings,
  tier: (view) => (view.isNight ? undefined : "medium"),
});

function judgeSettings({ device, now, held }: View): Verdict {
  if (device?.record === undefined) return WAITING;
  const { source, record } = device;
  const evidence = { devices: [source.device] };
  const changed = record.settingsChanged;
  if (changed === undefined) {
    return held ? { kind: "clear", at: now, values: { device: source.device }, ...evidence } : WAITING;
  }
  const values = { device: source.device, names: changed.names };
  return { kind: "holds", at: changed.at, values, ...evidence };
}
