import type { ObservationBody } from "../../src/domain/observation.ts";
import { inWords, type Oximetry } from "../../src/domain/oximetry.ts";
import { type Absence, absent, measured, type Samples } from "../../src/domain/sample.ts";
import type { DriverContext } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange } from "../../src/driver/exchange.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { channelLink } from "../../src/wire/channel.ts";
import { createFramer, type FrameRule } from "../../src/wire/framer.ts";
import { decodeInfo, decodeReply, type Info, LIVE, type LiveValues, pieces, type Reply } from "./codec.ts";

/** Characteristics of the ring's service. */
export const RING_CHANNELS = {
  from: "0734594aa8e74b1aa6b1cd5243059a57",
  to: "8b00ace7eb0b49b0bbe99aee0a26e1a3",
} as const;

/** The ring loses pieces that follow each other faster. */
const PIECE_GAP_MS = 20;

/** Question and answer with a ring. `onReply` sees each reply, asked for or not; their bytes are copies. */
export function openRing(
  { link, clock, trace, signal }: DriverContext<PacketLink>,
  rule: FrameRule,
  onReply: (reply: Reply) => void,
): Exchange<Reply> {
  const bytes = channelLink(link, RING_CHANNELS);
  return framedExchange<Reply>(
    {
      link: {
        ...bytes,
        async write(request) {
          let first = true;
          for (const piece of pieces(request)) {
            if (!first) await clock.sleep(PIECE_GAP_MS, signal);
            first = false;
            await bytes.write(piece);
          }
        },
      },
      clock,
      trace,
      signal,
    },
    (deliver) =>
      createFramer({
        rule,
        confirm: 1,
        onFrame(all, at, length) {
          const shared = decodeReply(all, at, length);
          const reply = { ...shared, data: shared.data.slice() };
          const frame = all.subarray(at, at + length);
          if (reply.status === 0) trace.frame(frame, () => replyMeaning(reply));
          else trace.reject(frame, `the ring refused the request with status ${reply.status}`);
          onReply(reply);
          deliver(reply);
        },
        onNoise: (noise, reason) => trace.reject(noise, reason),
      }),
  );
}

/** The live values of a reply; undefined where it is another. No other reply to a live reader has 13 bytes. */
export const liveOf = ({ status, data }: Reply): LiveValues | undefined =>
  status === 0 && data.length === LIVE.lengthBytes ? LIVE.decode(data, 0) : undefined;

/** What the ring says of itself; undefined where the reply is another. */
export const infoOf = ({ status, data }: Reply): Info | undefined =>
  status === 0 && data.length > LIVE.lengthBytes ? decodeInfo(data) : undefined;

/**
 * Samples that the ring vouches for: finger in, not counting down, and no invalid-signal alarm. Zeros are what it sends
 * while calibrating.
 */
export function liveSamples(values: LiveValues, oximetry: Oximetry): Samples {
  const { spo2, pulse, perfusion, motion, battery } = values;
  const reason = refusal(values);
  // A session that ended, or a signal that was lost, must not leave a low value behind to compare with.
  const said =
    reason === undefined
      ? oximetry(spo2 === 0 ? undefined : spo2, pulse === 0 ? undefined : pulse, "searching")
      : oximetry(undefined, undefined, reason);
  return {
    ...said,
    perfusion_index:
      reason !== undefined || perfusion === undefined
        ? absent(reason ?? "not_measured")
        : measured("perfusion_index", perfusion / 10),
    motion: measured("motion", motion),
    battery_percent: measured("battery_percent", battery),
  };
}

function refusal({ worn, countdown, spo2, pulse, invalidAlarm }: LiveValues): Absence | undefined {
  if (!worn || countdown > 0) return (spo2 ?? 0) > 0 || (pulse ?? 0) > 0 ? "held" : "sensor_off";
  return invalidAlarm === 0 ? undefined : "poor_signal";
}

/** Codes of what the ring says of itself, in the order of README.md. */
export function liveStatus({ charging, worn, countdown }: LiveValues): ObservationBody {
  const codes: string[] = [];
  if (charging === 1) codes.push("charging");
  if (charging === 2) codes.push("charged");
  if (!worn && countdown > 0) codes.push("counting_down");
  return { kind: "status", codes };
}

const RINGING = 1;

/** The ring's own alarms, which it gives by vibrating. */
export const liveAlarms = (values: LiveValues): ObservationBody => ({
  kind: "ownAlarm",
  alarms: [
    { code: "spo2", text: "SpO2 limit", priority: "medium", active: values.spo2Alarm === RINGING },
    { code: "pulse", text: "pulse limit", priority: "medium", active: values.pulseAlarm === RINGING },
    { code: "motion", text: "motion limit", priority: "low", active: values.motionAlarm === RINGING },
    { code: "invalid", text: "no valid signal", priority: "medium", active: values.invalidAlarm === RINGING },
  ],
});

/** Which ring it is. */
export const identityOf = ({ serial, model, firmware }: Info): ObservationBody => ({
  kind: "identity",
  ...(serial === undefined ? {} : { serial }),
  ...(model === undefined ? {} : { model }),
  ...(firmware === undefined ? {} : { firmware }),
});

/** A reply in words, for the technician's page. */
function replyMeaning(reply: Reply): string {
  const live = liveOf(reply);
  if (live !== undefined) {
    const { spo2, pulse, battery, worn, countdown, charging } = live;
    const states = [worn ? "worn" : "not worn"];
    if (countdown > 0) states.push(`${countdown} s to the end of the session`);
    if (charging > 0) states.push(charging === 1 ? "charging" : "charged");
    return `SpO2 ${inWords(spo2)}, pulse ${inWords(pulse)}, battery ${battery} %, ${states.join(", ")}`;
  }
  const info = infoOf(reply);
  if (info !== undefined)
    return `ring ${info.serial ?? "without a number"}, ${info.files.length} sessions stored`;
  return reply.data.length === 0 ? "done" : `${reply.data.length} bytes`;
}
