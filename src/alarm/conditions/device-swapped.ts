import { condition, type Verdict, type View, WAITING } from "../condition.ts";

export const deviceSwapped = condition({
  id: "DEVICE_SWAPPED",
  rule: "a device tells another serial number than the one that belongs to this bed: it may be on another person",
  source: "hazard 10; design, section 6 (a device's serial number is bound to a bed)",
  scope: "device",
  technical: true,
  liveOnly: true,
  canBeOff: true,
  settings: {},
  priority: { A: "medium", B: "high", C: "high" },
  rises: "",
  clears: "the right device is back, or a person has bound the new one to this bed",
  latch: "V",
  reads: [],
  gating: "devices whose serial number is known and bound",
  values: ["device", "serial", "expected"],
  judge: judgeSerial,
});

function judgeSerial(view: View): Verdict {
  const { source, record } = view.device ?? {};
  if (source === undefined) return WAITING;
  const evidence = { devices: [source.device] };
  const told = record?.serial;
  if (source.serial !== undefined && told !== undefined && plain(told.value) !== plain(source.serial)) {
    const values = { device: source.device, serial: told.value, expected: source.serial };
    return { kind: "holds", at: told.at, values, ...evidence };
  }
  // Who binds the new one changes no evidence: the time of looking counts.
  const isOver = view.held && (source.serial === undefined || told !== undefined);
  return isOver ? { kind: "clear", at: view.now, values: { device: source.device }, ...evidence } : WAITING;
}

const plain = (serial: string): string => serial.trim().toLowerCase();
