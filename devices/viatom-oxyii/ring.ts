import type { ObservationBody } from "../../src/domain/observation.ts";
import { bothAbsent, inWords, type Oximetry } from "../../src/domain/oximetry.ts";
import { type Absence, measured, type Samples } from "../../src/domain/sample.ts";
import type { DriverContext } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange } from "../../src/driver/exchange.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { channelLink } from "../../src/wire/channel.ts";
import { createFramer } from "../../src/wire/framer.ts";
import {
  COMMAND,
  decodeInfo,
  decodeMessage,
  type Info,
  LIVE,
  type LiveValues,
  type Message,
  REPLY_RULE,
  STATE,
} from "./codec.ts";

/** Characteristics of the ring's service. */
export const OXYII_CHANNELS = {
  from: "e8fb0003a14b98f9831b4e2941d01248",
  to: "e8fb0002a14b98f9831b4e2941d01248",
} as const;

/** Question and answer with a ring. `onReply` sees each reply, asked for or not; their bytes are copies. */
export function openRing(
  { link, clock, trace, signal }: DriverContext<PacketLink>,
  onReply: (reply: Message) => void,
): Exchange<Message> {
  return framedExchange<Message>(
    { link: channelLink(link, OXYII_CHANNELS), clock, trace, signal },
    (deliver) =>
      createFramer({
        rule: REPLY_RULE,
        confirm: 1,
        onFrame(bytes, at, length) {
          const shared = decodeMessage(bytes, at, length);
          const reply = { ...shared, data: shared.data.slice() };
          trace.frame(bytes.subarray(at, at + length), () => meaningOf(reply));
          onReply(reply);
          deliver(reply);
        },
        onNoise: (bytes, reason) => trace.reject(bytes, reason),
      }),
  );
}

/** The live values of a reply; undefined where it is another. */
export const liveOf = ({ code, data }: Message): LiveValues | undefined =>
  code === COMMAND.live && data.length >= LIVE.lengthBytes ? LIVE.decode(data, 0) : undefined;

/** What the ring says of itself; undefined where the reply is another. */
export const infoOf = ({ code, data }: Message): Info | undefined =>
  code === COMMAND.info ? decodeInfo(data) : undefined;

/** Samples that the ring vouches for: those of the state "finger in". Zero is taken for no value. */
export function liveSamples(values: LiveValues, oximetry: Oximetry): Samples {
  const { state, motion, battery } = values;
  const spo2 = values.spo2 === 0 ? undefined : values.spo2;
  const pulse = values.pulse === 0 ? undefined : values.pulse;
  const other: Absence = spo2 === undefined && pulse === undefined ? "sensor_off" : "held";
  return {
    ...(state === STATE.finger
      ? oximetry(spo2, pulse, "searching")
      : bothAbsent(state === STATE.noFinger ? other : "not_measured")),
    motion: measured("motion", motion),
    battery_percent: measured("battery_percent", battery),
  };
}

/** Which ring it is. */
export const identityOf = ({ serial, firmware }: Info): ObservationBody => ({
  kind: "identity",
  ...(serial === undefined ? {} : { serial }),
  ...(firmware === undefined ? {} : { firmware }),
});

function meaningOf(reply: Message): string {
  const live = liveOf(reply);
  if (live !== undefined) {
    const { spo2, pulse, battery, state } = live;
    return `SpO2 ${inWords(spo2)}, pulse ${inWords(pulse)}, battery ${battery} %, state ${state}`;
  }
  const info = infoOf(reply);
  if (info !== undefined)
    return `ring ${info.serial ?? "without a number"}, firmware ${info.firmware ?? "unknown"}`;
  const name = Object.entries(COMMAND).find(([, code]) => code === reply.code)?.[0];
  return `${name ?? `command ${reply.code}`}: ${reply.data.length} bytes`;
}
