import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseTopic } from "../bus/topics.ts";
import { SECOND_MS } from "../domain/time.ts";
import { type Cable, layCable } from "./cable.ts";
import { createOximeter, type Oximeter } from "./oximeter.ts";
import { freePort, type Program, Unmeasured } from "./programs.ts";
import { type PushService, startPushService } from "./push-service.ts";
import type { Bench } from "./round.ts";
import { busOf, counterOf, homeConfig, startHome } from "./subject.ts";

/** From the last byte of the frame that fulfils SPO2_CRIT, in milliseconds; one number for each alarm. */
export interface AlarmTimes {
  readonly alarms: number;
  /** To the event on the bus: what the engine decided. */
  readonly decidedMs: readonly number[];
  /** To the webhook's request at its receiver. */
  readonly webhookMs: readonly number[];
  /** To the first packet of the connection to the push service. */
  readonly pushLeavesMs: readonly number[];
  /** To the encrypted request at the push service, over a new TLS connection. */
  readonly pushMs: readonly number[];
  /** Of these, the first alarm after the program started. */
  readonly first: { readonly webhookMs: number; readonly pushLeavesMs: number; readonly pushMs: number };
}

export const BEDS = 8;
/** Slower than life by a fiftieth, so that ten seconds have surely passed at the eleventh reading. */
const FRAMES_PER_SECOND = 73.5;
/** SPO2_CRIT: below 80 % for 10 s; ends after 5 s in range. */
const FULFILLING_READING = 11;
const LOW_MS = 12 * 1.02 * SECOND_MS;
const CYCLE_MS = 20 * 1.02 * SECOND_MS;
const DRILL_MS = 1_800_000;
const START_MS = 60 * SECOND_MS;

interface BenchBed {
  readonly id: string;
  readonly cable: Cable;
  readonly oximeter: Oximeter;
  readonly stop: () => void;
}

/** Eight beds in one home, desaturating again and again inside a drill, until so many alarms have been raised. */
export async function measureAlarms(bench: Bench, alarms: number): Promise<AlarmTimes> {
  const folder = path.join(bench.folder, "alarms");
  const service = await startPushService({ ...bench });
  const beds: BenchBed[] = [];
  let program: Program | undefined;
  let follower: Follower | undefined;
  try {
    for (let index = 0; index < BEDS; index++) beds.push(await startBed(bench, index));
    follower = followReadings(bench, beds);
    const config = homeConfig({
      folder,
      webPort: await freePort(),
      bus: busOf(bench.broker),
      beds: beds.map(({ cable }) => ({
        devices: [{ family: "nonin-serial", port: cable.path, options: { format: "2" } }],
      })),
      channels: {
        webPush: { subject: "mailto:bench@example.org", allowPrivateEndpoints: true },
        webhooks: [{ label: "Bench", url: service.webhookUrl, secret: "loopback only, no secret" }],
      },
    });
    program = await startHome(bench.programs, folder, config, {
      NODE_EXTRA_CA_CERTS: service.certificateFile,
    });
    await letRing(program, folder, service);
    const cycles = Math.ceil(alarms / BEDS);
    const stopCycles = desaturate(bench, beds);
    await bench.clock.sleep((cycles + 1) * CYCLE_MS, bench.signal).finally(stopCycles);
    return timesOf(service, follower);
  } finally {
    follower?.stop();
    for (const bed of beds) bed.stop();
    await program?.stop();
    await Promise.all(beds.map(({ cable }) => cable.close()));
    await service.close();
  }
}

async function startBed({ folder, programs, clock }: Bench, index: number): Promise<BenchBed> {
  const cable = await layCable(path.join(folder, `alarm-port-${index + 1}`), programs, clock);
  const oximeter = createOximeter(clock);
  return { id: `b${index + 1}`, cable, oximeter, stop: oximeter.play(cable, FRAMES_PER_SECOND) };
}

/** Signs in as the owner, adds the phone, and starts the drill at every bed: the only way a simulated link pages. */
async function letRing(program: Program, folder: string, { subscription }: PushService): Promise<void> {
  const [, address = "", code = ""] = await program.saying(/^(http:\S+)\/#code=(\S+)$/m, START_MS);
  const signIn = { code: decodeURIComponent(code), name: "Bench", language: "en" };
  const signedIn = await post(`${address}/api/sign-in`, signIn, {});
  const cookie = signedIn.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
  await post(`${address}/api/push`, { ...subscription, label: "Bench" }, { cookie });
  const control: unknown = JSON.parse(await readFile(path.join(folder, "data", "control.json"), "utf8"));
  const token = typeof control === "object" && control !== null && "token" in control ? control.token : "";
  const authorization = `Bearer ${String(token)}`;
  for (let bed = 1; bed <= BEDS; bed++) {
    await post(`${address}/api/beds/b${bed}/drill`, { forMs: DRILL_MS }, { authorization });
  }
}

async function post(
  url: string,
  body: object,
  headers: { readonly [name: string]: string },
): Promise<Response> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Unmeasured(`${new URL(url).pathname} answered ${response.status}`);
  return response;
}

/** Lowers each bed's saturation in turn, spread evenly, so that alarms come one at a time as they do at home. */
function desaturate({ clock }: Bench, beds: readonly BenchBed[]): () => void {
  const from = clock.mono();
  return clock.every(SECOND_MS / 4, () => {
    beds.forEach(({ oximeter }, index) => {
      const since = clock.mono() - from - (index * CYCLE_MS) / BEDS;
      const isLow = since >= 0 && since % CYCLE_MS < LOW_MS;
      // A pulse that moves: numbers that stand still are an alarm of their own.
      oximeter.finger = { spo2: isLow ? 75 : 97, pulse: 70 + (Math.floor(since / SECOND_MS) % 5) };
    });
  });
}

/** What the bus said of each bed, oldest first: when fulfilling frames were written, and when alarms were raised. */
interface Follower {
  readonly fulfilled: readonly { readonly bed: string; readonly writtenAt: number }[];
  readonly occurred: readonly { readonly bed: string; readonly at: number }[];
  stop(): void;
}

function followReadings({ ear }: Bench, beds: readonly BenchBed[]): Follower {
  const lows = new Map<string, number>();
  const fulfilled: { bed: string; writtenAt: number }[] = [];
  const occurred: { bed: string; at: number }[] = [];
  const stop = ear.hear((topic, payload, at) => {
    const parsed = parseTopic(topic);
    if (parsed === undefined) return;
    const { bed, kind } = parsed;
    if (kind === "alarm/event" && payload.includes('"kind":"occurred"')) occurred.push({ bed, at });
    const counter = kind === "observation" ? counterOf(payload) : undefined;
    if (counter === undefined) return;
    const count = payload.includes('"spo2":75') ? (lows.get(bed) ?? 0) + 1 : 0;
    lows.set(bed, count);
    const writtenAt = beds.find(({ id }) => id === bed)?.oximeter.writtenAt(counter);
    if (count === FULFILLING_READING && writtenAt !== undefined) fulfilled.push({ bed, writtenAt });
  });
  return { fulfilled, occurred, stop };
}

/** Which message belongs to which frame; an alarm without one throws Unmeasured, for then the numbers are wrong. */
function timesOf({ arrivals }: PushService, { fulfilled, occurred }: Follower): AlarmTimes {
  const firsts = arrivals.filter(({ channel, kind, key = "" }) => {
    const [, , step, repeat] = key.split("/");
    return channel === "webhook" && kind === "alarm" && step === "0" && repeat === "0";
  });
  const rows = fulfilled.map(({ bed, writtenAt }) => {
    const isMine = (at: number): boolean => at >= writtenAt && at < writtenAt + LOW_MS / 2;
    const event = occurred.find((one) => one.bed === bed && isMine(one.at));
    const webhook = firsts.find(
      ({ key = "", requestAt }) => key.split("/")[1]?.startsWith(`${bed}-`) === true && isMine(requestAt),
    );
    const push = arrivals.find(
      ({ channel, kind, incident }) =>
        channel === "web-push" && kind === "alarm" && incident === webhook?.incident,
    );
    if (event === undefined || webhook === undefined || push === undefined) {
      const missing = event === undefined ? "alarm" : webhook === undefined ? "webhook" : "push";
      throw new Unmeasured(`no ${missing} followed a fulfilled condition at bed ${bed}`);
    }
    return {
      decidedMs: event.at - writtenAt,
      webhookMs: webhook.requestAt - writtenAt,
      pushLeavesMs: push.connectedAt - writtenAt,
      pushMs: push.requestAt - writtenAt,
    };
  });
  const [first] = rows;
  if (first === undefined) throw new Unmeasured("no condition was fulfilled in time");
  return {
    alarms: rows.length,
    decidedMs: rows.map((row) => row.decidedMs),
    webhookMs: rows.map((row) => row.webhookMs),
    pushLeavesMs: rows.map((row) => row.pushLeavesMs),
    pushMs: rows.map((row) => row.pushMs),
    first,
  };
}
