import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { INPUTS_CHANNEL, MODEM_INPUTS, MODEM_OUTPUTS, OUTPUTS_CHANNEL } from "../../src/wire/modem-lines.ts";
import { isAlarm } from "./codec.ts";

const MOST_OFTEN_MS = 1_000;
const FED = MODEM_OUTPUTS.encode({ dtr: true, rts: true });

/** Feeds the contact and reads it: once a second, and at once when it changes. It is not debounced here. */
export async function* observeDevice(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, signal, trace } = context;
  trace.sent(FED, () => "DTR and RTS up: the contact is fed");
  await link.write({ channel: OUTPUTS_CHANNEL, bytes: FED });
  let told: { readonly alarm: boolean; readonly atMs: number } | undefined;
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (channel !== INPUTS_CHANNEL || bytes.length !== 1 || MODEM_INPUTS.check(bytes, 0) !== 0) {
      trace.reject(bytes, "not the inputs of a serial port");
      continue;
    }
    const alarm = isAlarm(MODEM_INPUTS.decode(bytes, 0));
    trace.frame(bytes, () => (alarm ? "open" : "closed"));
    const nowMs: number = clock.mono();
    if (told !== undefined && told.alarm === alarm && nowMs - told.atMs < MOST_OFTEN_MS) continue;
    told = { alarm, atMs: nowMs };
    yield { body: { kind: "samples", samples: { remote_alarm: alarm ? 1 : 0 } } };
  }
}
