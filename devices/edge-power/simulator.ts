import type { BedView } from "../../src/domain/bed.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLineFramer, lineBytes, lineText } from "../../src/wire/line.ts";

const LOOK_MS = 5_000;
/** Of a full simulated battery. uWh. */
const FULL_UWH = 50_000_000;
const EMPTY_IN_MIN = 180;

/** A laptop whose mains and battery are those of the bed; where the bed has no battery it has none either. */
export async function simulateSupplies({
  bed,
  link,
  clock,
  signal,
}: SimulatorContext<PacketLink>): Promise<void> {
  const say = (name: string, values: { readonly [key: string]: string | number }): Promise<void> => {
    const lines = Object.entries(values).map(([key, value]) => `POWER_SUPPLY_${key}=${value}\n`);
    return link.write({ channel: name, bytes: new TextEncoder().encode(lines.join("")) });
  };
  while (!signal.aborted) {
    const { fed, percent, minutes } = powerAt(bed);
    await say("AC", { NAME: "AC", TYPE: "Mains", ONLINE: fed ? 1 : 0 });
    if (percent !== undefined) {
      const now = Math.round((FULL_UWH * percent) / 100);
      await say("BAT0", {
        ...{
          NAME: "BAT0",
          TYPE: "Battery",
          PRESENT: 1,
          STATUS: fed ? (percent < 100 ? "Charging" : "Full") : "Discharging",
        },
        ...{ ENERGY_FULL: FULL_UWH, ENERGY_NOW: now, CAPACITY: percent },
        POWER_NOW: minutes === undefined || minutes === 0 ? 0 : Math.round((60 * now) / minutes),
      });
    }
    const slept = await clock.sleep(LOOK_MS, signal).then(
      () => true,
      () => false,
    );
    if (!slept) return;
  }
}

/** A server with one UPS, whose mains and battery are those of the bed. */
export async function simulateUps({ bed, link, options, signal }: SimulatorContext): Promise<void> {
  const ups = String(options["ups"]);
  const asked: string[] = [];
  const framer = createLineFramer({
    ...{ end: "lf", maxBytes: 256 },
    onLine: (bytes) => asked.push(lineText(bytes).trim()),
    onNoise: () => undefined,
  });
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    framer.push(chunk);
    for (const question of asked.splice(0)) await link.write(lineBytes(answerTo(question, ups, bed)));
  }
}

function answerTo(question: string, ups: string, bed: BedView): string {
  const [, named] = /^LIST VAR (\S+)$/.exec(question) ?? [];
  if (named === undefined) return "ERR UNKNOWN-COMMAND\n";
  if (named !== ups) return "ERR UNKNOWN-UPS\n";
  if (typeof bed.sample("mains") !== "number") return "ERR DATA-STALE\n";
  const { fed, percent, minutes } = powerAt(bed);
  const state = fed ? "OL CHRG" : "OB DISCHRG";
  const values = {
    ...(percent === undefined ? {} : { "battery.charge": percent }),
    ...(minutes === undefined ? {} : { "battery.runtime": minutes * 60 }),
    "device.mfr": 'Simulated "one"',
    "ups.status": percent !== undefined && percent < 20 ? `${state} LB` : state,
  };
  const lines = Object.entries(values).map(
    ([name, value]) => `VAR ${ups} ${name} "${String(value).replaceAll(/["\\]/g, "\\$&")}"\n`,
  );
  return `BEGIN LIST VAR ${ups}\n${lines.join("")}END LIST VAR ${ups}\n`;
}

/** The bed's battery stands for the box's. */
function powerAt(bed: BedView) {
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  const fed = bed.sample("mains") !== 0;
  const percent = number(bed.sample("battery_percent"));
  const told = number(bed.sample("battery_minutes"));
  const minutes = told ?? (percent === undefined ? undefined : Math.round((EMPTY_IN_MIN * percent) / 100));
  return { fed, percent, minutes };
}
