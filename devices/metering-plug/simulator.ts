import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import type { Dialect } from "./codec.ts";

const REPORT_MS = 5_000;
/** The name of a simulated plug. */
const NAME = "plug";
/** The mains frequency of this house. */
const VOLTS = 229;

/** A plug in front of the ventilator of the bed; without mains its gateway says that it is gone. */
export async function simulatePlug({
  bed,
  link,
  clock,
  random,
  options,
  signal,
}: SimulatorContext<PacketLink>): Promise<void> {
  const [idle, running] = [Number(options["idle_w"]), Number(options["running_w"])];
  const dialect = dialectOf(options["dialect"]);
  let reachable: boolean | undefined;
  const say = (topic: string, payload: string): Promise<void> =>
    link.write({ channel: topic.replace("NAME", NAME), bytes: new TextEncoder().encode(payload) });

  for await (const _ of ticks(clock, REPORT_MS, signal)) {
    const mains = bed.sample("mains") !== 0;
    if (mains !== reachable) await say(...availability(dialect, mains));
    reachable = mains;
    if (!mains) continue;
    const watts = bed.sample("therapy") === 0 ? idle : running * (1 + 0.3 * random.uniform());
    await say(...report(dialect, Math.round(watts * 10) / 10));
  }
}

const dialectOf = (option: unknown): Dialect =>
  option === "tasmota" || option === "shelly1" || option === "shelly" ? option : "zigbee2mqtt";

function availability(dialect: Dialect, online: boolean): readonly [string, string] {
  switch (dialect) {
    case "zigbee2mqtt":
      return ["zigbee2mqtt/NAME/availability", JSON.stringify({ state: online ? "online" : "offline" })];
    case "tasmota":
      return ["tele/NAME/LWT", online ? "Online" : "Offline"];
    case "shelly1":
      return ["shellies/NAME/online", String(online)];
    case "shelly":
      return ["NAME/online", String(online)];
  }
}

function report(dialect: Dialect, power: number): readonly [string, string] {
  switch (dialect) {
    case "zigbee2mqtt":
      return ["zigbee2mqtt/NAME", JSON.stringify({ power, voltage: VOLTS, state: "ON", linkquality: 120 })];
    case "tasmota":
      return ["tele/NAME/SENSOR", JSON.stringify({ ENERGY: { Power: power, Voltage: VOLTS, Today: 0.2 } })];
    case "shelly1":
      return ["shellies/NAME/relay/0/power", String(power)];
    case "shelly":
      return ["NAME/status/switch:0", JSON.stringify({ id: 0, apower: power, voltage: VOLTS, output: true })];
  }
}
