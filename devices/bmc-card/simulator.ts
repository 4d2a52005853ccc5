import { type LocalClock, localClock } from "../../src/domain/local-clock.ts";
import { createMeter } from "../../src/domain/meter.ts";
import { isPresent } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { HOUR_MS, mono, SECOND_MS, wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";
import { DAY, encodePacket, FLOW_RATE_HZ, INDEX_HEADER_BYTES, MODES, PACKET } from "./codec.ts";
import { encodeUsr } from "./usr.ts";

const SERIAL = "SIM0BMC00001";
const STEM = SERIAL.slice(-8);
const MODEL = "simulated G3";
/** What the machine's flow is too high by, in 0.1 L/min: the leak of a mask. */
const OFFSET = 240;

/**
 * Plays a machine that writes its card: who it is and the day's settings at once, then a packet a second while its
 * therapy is on.
 */
export async function simulateBmc(context: SimulatorContext<CardLink>): Promise<void> {
  const { bed, clock, link, signal, zone = "UTC" } = context;
  const meter = createMeter(bed, clock.mono());
  await link.write(`${STEM}.USR`, 0, encodeUsr(SERIAL, MODEL, therapyDate(context)));
  await link.write(`${STEM}.idx`, 0, indexFile(context));
  let packets = 0;
  let session = 0;
  let wasOn = false;
  for await (const _ of ticks(clock, SECOND_MS, signal)) {
    const now = clock.mono();
    const isOn = bed.sample("therapy") !== 0;
    if (isOn && !wasOn) session += 1;
    wasOn = isOn;
    if (!isOn) continue;
    meter.look(now);
    const whole = (id: SignalId, perUnit: number): number | undefined => {
      const value = meter.value(id, now);
      return value === undefined ? undefined : Math.max(0, Math.round(value * perUnit));
    };
    const sample = (id: SignalId): number | undefined => {
      const value = bed.sample(id);
      return isPresent(value) ? Math.round(value) : undefined;
    };
    const flow = Array.from({ length: FLOW_RATE_HZ }, (_, i) =>
      bed.wave("flow", mono(now - SECOND_MS + ((i + 1) * SECOND_MS) / FLOW_RATE_HZ)),
    );
    const packet = encodePacket(
      {
        session,
        ipap: whole("pressure_insp", 2),
        epap: whole("pressure_exp", 2),
        leak: whole("leak", 10),
        tidalVolume: whole("tidal_volume_exp", 1),
        minuteVolume: whole("minute_volume", 10),
        spo2: sample("spo2"),
        heartRate: sample("pulse_rate"),
        respRate: whole("resp_rate", 1),
        ...localClock(clock.wall(), zone),
      },
      flow.every((value) => value !== undefined)
        ? flow.map((value) => Math.round(value * 10) + OFFSET)
        : undefined,
    );
    await link.write(`${STEM}.000`, packets * PACKET.lengthBytes, packet);
    packets += 1;
  }
}

function indexFile(context: SimulatorContext<CardLink>): Uint8Array {
  const { bed } = context;
  const date = therapyDate(context);
  const epap = bed.setting("epap");
  const ipap = bed.setting("ipap");
  const mode = MODES.indexOf(String(bed.setting("mode")));
  const half = (value: unknown): number => (typeof value === "number" ? Math.round(value * 2) : 0);
  const day = DAY.encode({
    index: 1,
    ...date,
    year: date.year - 2000,
    startPacket: 0,
    startFile: 0,
    pressure: half(epap),
    backupRate: bed.setting("backup_rate") !== undefined,
    support: Math.max(0, half(ipap) - half(epap)),
    maxPressure: half(ipap),
    mode: mode < 0 ? MODES.indexOf("S/T") : mode,
    inspTimeMin: 5,
    inspTimeMax: 20,
  });
  const file = new Uint8Array(INDEX_HEADER_BYTES + day.length);
  file.set(day, INDEX_HEADER_BYTES);
  return file;
}

/** Dates of the card begin with it. */
const EARLIEST = Date.UTC(2000, 0, 1);

/** The date of the noon before. */
function therapyDate({
  clock,
  zone = "UTC",
}: SimulatorContext<CardLink>): Pick<LocalClock, "year" | "month" | "day"> {
  const { year, month, day } = localClock(wall(Math.max(EARLIEST, clock.wall() - 12 * HOUR_MS)), zone);
  return { year, month, day };
}
