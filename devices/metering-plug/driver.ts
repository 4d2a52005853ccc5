import { shownAddress } from "../../src/domain/address.ts";
import { Fault } from "../../src/domain/fault.ts";
import { absent, type Sample } from "../../src/domain/sample.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, OptionSpecs, OptionValues } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { DIALECTS, type PlugNews, readPlug, TOPICS } from "./codec.ts";

export const PLUG_OPTIONS = {
  dialect: {
    kind: "choice",
    values: ["auto", ...DIALECTS],
    default: "auto",
    help: "Whose topics are listened to; auto listens to all of them.",
  },
  idle_w: {
    kind: "number",
    min: 0,
    max: 200,
    default: 6,
    unit: "W",
    help: "Power that the ventilator takes in standby; measure it, machines differ widely.",
  },
  running_w: {
    kind: "number",
    min: 1,
    max: 1000,
    default: 20,
    unit: "W",
    help: "Power that it takes while it ventilates, at its lowest; measure it, with and without the humidifier.",
  },
  window_s: {
    kind: "number",
    min: 10,
    max: 600,
    default: 60,
    unit: "s",
    help: "The machine counts as off when its power stayed low for so long: heaters and blowers cycle.",
  },
  report_s: {
    kind: "number",
    min: 1,
    max: 300,
    default: 30,
    unit: "s",
    help: "How often the plug reports at least; set it in the plug or gateway, 10 s or less is best.",
  },
} as const satisfies OptionSpecs;

/** The plug's name on the broker: what follows the host in the address, mqtt://HOST/NAME. */
function plugName(address: string): string {
  const url = isBroker(address) && URL.canParse(address) ? new URL(address) : undefined;
  const path = url === undefined ? address.replace(/^[a-z]+:/, "") : url.pathname.slice(1);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Throws LINK_REFUSED for an address that names no plug, or by a wildcard any: their powers would be taken for one. */
export function plugTopics(options: OptionValues, address: string): readonly string[] {
  const name = plugName(address);
  if (isBroker(address) && (name === "" || /[+#\p{Cc}]/u.test(name))) {
    throw new Fault("LINK_REFUSED", `${shownAddress(address)} does not name one plug.`, {
      fix: "Write the plug's own name behind the broker, as in mqtt://192.168.1.10/bedroom_plug.",
      permanent: true,
    });
  }
  return DIALECTS.filter(
    (dialect) => options["dialect"] === "auto" || options["dialect"] === dialect,
  ).flatMap((dialect) => TOPICS[dialect].map(([topic]) => topic.replace("NAME", () => name)));
}

const isBroker = (address: string): boolean => /^mqtts?:/.test(address);

/** What arrives so soon after the start may be an old state that the broker kept. */
const RETAINED_MS = 1_500;
/** Below this there is no mains, whatever the plug's electronics still say. V. */
const NO_MAINS_V = 60;
/** Between idle and running: on above the upper share of the way, off below the lower. */
const ON_SHARE = 0.6;
const OFF_SHARE = 0.35;

/** Reads a plug: whether the ventilator's mains and the ventilator itself are on. */
export async function* observePlug(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, options, trace, signal } = context;
  const startMs: number = clock.mono();
  const load = createLoad(options);
  const known: { -readonly [key in keyof PlugNews]: PlugNews[key] } = {};
  let toldMs = Number.NEGATIVE_INFINITY;
  let told = "";
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    const news = readPlug(channel, bytes);
    if (news === undefined) {
      trace.reject(bytes, "no message of a metering plug");
      continue;
    }
    const nowMs: number = clock.mono();
    trace.frame(bytes, () => inWords(news));
    // Whether it is reachable is a state that the broker may keep; a power may be hours old.
    if (nowMs - startMs < RETAINED_MS && news.online === undefined) continue;
    Object.assign(known, news);
    // A plug that speaks is there, whatever was said of it before.
    if (news.online === undefined) known.online = true;
    if (news.power !== undefined) load.take(news.power, nowMs);
    const samples = { mains: mainsOf(known), therapy: therapyOf(known, load.runs(nowMs)) };
    const now = JSON.stringify(samples);
    // Plugs report several values in a row: once a second, unless something changed.
    if (now === told && nowMs - toldMs < SECOND_MS) continue;
    told = now;
    toldMs = nowMs;
    const codes = known.relay === false ? ["relay_off"] : [];
    yield { body: { kind: "samples", samples } };
    if (codes.length > 0) yield { body: { kind: "status", codes } };
  }
}

function mainsOf({ online, relay, voltage }: PlugNews): Sample {
  if (online === false || relay === false || (voltage !== undefined && voltage < NO_MAINS_V)) return 0;
  return online === undefined ? absent("not_measured") : 1;
}

/** Without mains the machine may run on its battery: the plug cannot tell. */
function therapyOf(plug: PlugNews, runs: boolean | undefined): Sample {
  if (mainsOf(plug) !== 1 || runs === undefined) return absent("not_measured");
  return runs ? 1 : 0;
}

/** Running or not, with hysteresis and a window. */
function createLoad(options: OptionValues) {
  const idle = Number(options["idle_w"]);
  const running = Math.max(idle + 1, Number(options["running_w"]));
  const on = idle + ON_SHARE * (running - idle);
  const off = idle + OFF_SHARE * (running - idle);
  const windowMs = Number(options["window_s"]) * SECOND_MS;
  let runs: boolean | undefined;
  /** Since when the power stayed below `off`. */
  let lowSinceMs: number | undefined;
  return {
    take(power: number, nowMs: number): void {
      if (power >= on) runs = true;
      lowSinceMs = power < off ? (lowSinceMs ?? nowMs) : undefined;
    },
    runs(nowMs: number): boolean | undefined {
      if (lowSinceMs !== undefined && nowMs - lowSinceMs >= windowMs) runs = false;
      return runs;
    },
  };
}

const inWords = ({ power, voltage, relay, online }: PlugNews): string =>
  [
    power === undefined ? "" : `${power} W`,
    voltage === undefined ? "" : `${voltage} V`,
    relay === undefined ? "" : `relay ${relay ? "on" : "off"}`,
    online === undefined ? "" : online ? "online" : "offline",
  ]
    .filter((part) => part !== "")
    .join(", ");
