import { GAP_MS, unknown, type Verdict, type View, WAITING } from "./condition.ts";

/**
 * A device's own alarm, as it said it. It ends when the device says so, and only then: a device that falls silent has
 * not said so. Devices that speak of alarms only when they change are believed to mean the same while they are heard.
 */
export function judgeOwnAlarm(view: View): Verdict {
  const { own, device } = view;
  if (own === undefined || device === undefined) return WAITING;
  const heardAt = device.record?.heardAt ?? own.at;
  if (view.now - heardAt >= GAP_MS) return unknown("gap");
  const evidence = {
    at: heardAt > own.at ? heardAt : own.at,
    values: { device: device.source.device, code: own.code, text: own.text },
    devices: [device.source.device],
  };
  return own.active ? { kind: "holds", ...evidence } : { kind: "clear", ...evidence };
}
