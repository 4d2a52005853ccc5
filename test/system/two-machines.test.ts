// One home, first whole in one process, then as box and hub with Mosquitto and InfluxDB between and behind them: by
// configuration alone, with its history.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { stringify } from "yaml";
import type { ConfigFile } from "../../src/config/schema.ts";
import type { EveningResponse } from "../../src/server/contract/evening.ts";
import type { DevicesResponse, FramesResponse } from "../../src/server/contract/technician.ts";
import type { Me } from "../../src/server/contract.ts";
import { createCertificate } from "../support/certificate.ts";
import { runCommand } from "../support/command-line.ts";
import {
  ask,
  type RunningHome,
  signIn,
  startHome,
  temporaryFolder,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";
import { createPtyBed } from "../support/home-bed.ts";
import { startInflux } from "../support/influx.ts";
import { freePort, startMosquitto } from "../support/mosquitto.ts";
import { requires } from "../support/require.ts";

interface NightAnswer {
  readonly strips: readonly { readonly signal: string; readonly mean: readonly (number | null)[] }[];
}

const { test } = requires("socat", "openssl", "mosquitto", "influxdb");

test("a home moves from one process to box, Mosquitto, hub and InfluxDB with its history", {
  timeout: 240_000,
}, async () => {
  const folder = temporaryFolder();
  const certificate = createCertificate();
  onTestFinished(certificate.remove);
  onTestFinished(certificate.trust());
  const bed = await createPtyBed(5);
  const home = writeHomeConfig(folder, {
    beds: [{ id: "b1", label: "Mei", dependencyClass: "C", devices: bed.devices }],
    channels: { webPush: { subject: "mailto:family@example.org" } },
  });
  const dataDir = path.join(folder, "data");

  // The home as it was.
  const before = await startHome(["home", "--config", home], { folder, dataDir });
  bed.switchOn();
  const lived = await watchBeds(before);
  await lived.until(({ signals }) => typeof signals.spo2?.sample === "number", 30_000);
  const mei = await signIn(before, "Mei");
  await reaches(() => rowsOf(before, "b1", mei), 4);
  const seen = { symptom: "headache", severity: 2 };
  const noted = await ask(before, "POST", "/api/beds/b1/notes/symptom", seen, mei);
  expect(noted.status).toBe(204);
  const was = (await ask(before, "GET", "/api/me", undefined, mei)).body as Me;
  const identity = was.home;
  await before.stop();

  // The clinic's side.
  const tls = { certFile: certificate.certPath, keyFile: certificate.keyPath };
  const [mosquitto, influx] = await Promise.all([startMosquitto({ tls }), startInflux()]);
  onTestFinished(async () => {
    await Promise.all([mosquitto.remove(), influx.remove()]);
  });
  const hubFolder = path.join(folder, "hub");
  const hubFile = path.join(folder, "hub.yaml");
  const hubConfig: ConfigFile = {
    zone: "UTC",
    dataDir: hubFolder,
    hub: { name: "City Clinic", boxes: { url: mosquitto.boxUrl ?? "" } },
    web: { port: await freePort(), tls: { cert: certificate.certPath, key: certificate.keyPath } },
    bus: { url: mosquitto.url, ...mosquitto.hub },
    store: { engine: "influxdb", influxdb: { url: influx.url, database: "breathwatch" } },
    channels: { webPush: { subject: "mailto:clinic@example.org" } },
  };
  writeFileSync(hubFile, stringify(hubConfig));
  const first = await startHome(["hub", "--config", hubFile], { folder, dataDir: hubFolder });
  const owner = await signIn(first, "Dr Li");
  const me = (await ask(first, "GET", "/api/me", undefined, owner)).body as {
    readonly organisations: readonly { readonly organisation: string }[];
  };
  const { organisation } = me.organisations[0] ?? { organisation: "" };
  const made = await ask(first, "POST", "/api/homes/codes", { label: "Home of Mei", organisation }, owner);
  const { link } = made.body as { readonly link: string };
  const paired = await runCommand(["pair", link, "--config", home], { folder });
  expect(paired, paired.words).toMatchObject({ code: 0, data: `${identity}\n` });
  const code = /owner code (\S+)\./.exec(paired.words)?.[1] ?? "";
  await first.stop();

  // The history, then the same configuration of the box once more.
  const copied = await runCommand(
    ["store", "copy", "--from", dataDir, "--to", "influxdb", "--home", identity, "--config", hubFile],
    { folder },
  );
  expect(copied, copied.words).toMatchObject({ code: 0 });
  expect((JSON.parse(copied.data) as { readonly rows: number }).rows).toBeGreaterThan(5);
  const hub = await startHome(["hub", "--config", hubFile], { folder, dataDir: hubFolder });
  const edge = await startHome(["edge", "--config", home], { folder, dataDir });
  onTestFinished(async () => {
    await Promise.all([edge.stop(), hub.stop()]);
  });

  const joined = await ask(hub, "POST", "/api/sign-in", { code, name: "Mei", language: "en" }, "");
  expect(joined.status, JSON.stringify(joined.body)).toBe(200);
  expect((joined.body as Me).person).toEqual(was.person);
  const name = `${identity}~b1`;
  const live = await watchBeds(hub, joined.cookie);
  const shown = await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000, name);
  expect(shown).toMatchObject({ label: "Mei", simulated: true });
  const called = await ask(
    hub,
    "POST",
    `/api/beds/${name}/call`,
    { how: "touch", kind: "come" },
    joined.cookie,
  );
  expect(called.status).toBe(200);
  await live.until(
    ({ alarms }) => alarms.open.some(({ condition }) => condition === "PATIENT_CALL"),
    20_000,
    name,
  );
  await looksAtTheBox(hub, name, joined.cookie);
  await asksAboutTheCheck(hub, identity, joined.cookie);
  const notes = await ask(hub, "GET", `/api/beds/${name}/notes/symptom`, undefined, joined.cookie);
  expect(notes.body).toMatchObject({ notes: [{ by: { name: "Mei" }, body: seen }] });
  const strangers = await ask(hub, "GET", `/api/beds/${name}/nights`, undefined, owner);
  expect(strangers.status).toBe(404);

  const then = await rowsOf(hub, name, joined.cookie);
  expect(then).toBeGreaterThanOrEqual(4);
  await reaches(() => rowsOf(hub, name, joined.cookie), then + 2);
});

/** What the box shows of its devices, frames, a recording and its audit record, over Mosquitto. */
async function looksAtTheBox(hub: RunningHome, bed: string, cookie: string): Promise<void> {
  const devices = async () =>
    (await ask(hub, "GET", `/api/beds/${bed}/devices`, undefined, cookie)).body as DevicesResponse;
  // The box tells of its devices after it has said that it is there.
  const oximeter = async () => (await devices()).devices.find(({ role }) => role === "oximeter")?.device;
  await expect.poll(oximeter, { timeout: 20_000 }).toBeDefined();
  const told = await devices();
  expect(told.box?.online).toBe(true);
  const device = await oximeter();
  const path = `/api/beds/${bed}/devices/${device}`;
  const frames = async () =>
    (await ask(hub, "GET", `${path}/frames`, undefined, cookie)).body as FramesResponse;
  await expect.poll(async () => (await frames()).look, { timeout: 20_000 }).toBe("live");
  expect((await frames()).frames.map(({ meaning }) => meaning).join()).toMatch(/SpO2 \d\d/);
  const text = async (url: string): Promise<string> => {
    const answer = await fetch(new URL(url, hub.control.url), { headers: { cookie } });
    expect(answer.status).toBe(200);
    return answer.text();
  };
  const now = Date.now();
  expect(await text(`${path}/recording?from=${now - 600_000}&to=${now}`)).toMatch(/^\d+\.\d+ < /m);
  expect(await text(`/api/beds/${bed}/audit`)).toMatch(/"PATIENT_CALL"/);
  const away = await ask(hub, "GET", `/api/beds/${bed}/devices/elsewherex/frames`, undefined, cookie);
  expect(away.status).toBe(404);
}

/** The evening check of the home: told with heartbeats, asked of the box, and shown again as it is there. */
async function asksAboutTheCheck(hub: RunningHome, home: string, cookie: string): Promise<void> {
  const path = `/api/homes/${home}/evening`;
  const seen = async () => (await ask(hub, "GET", path, undefined, cookie)).body as EveningResponse;
  expect(await seen()).toMatchObject({ isHere: true, box: { online: true }, settings: { on: true } });
  const chosen = { on: false, atMinute: 20 * 60 };
  expect((await ask(hub, "PUT", `${path}/settings`, chosen, cookie)).status).toBe(204);
  expect((await seen()).settings).toEqual(chosen);
  // Nobody has a phone here, and at night nobody is asked: the box says so itself.
  const begun = await ask(hub, "POST", path, { kind: "quiet" }, cookie);
  expect(begun.status).toBe(409);
  expect((await seen()).running).toBeUndefined();
}

/** Parts of the newest night (a few seconds each) with an oxygen value, as the therapist's page is told of them. */
async function rowsOf(home: RunningHome, bed: string, cookie: string): Promise<number> {
  const nights = await ask(home, "GET", `/api/beds/${bed}/nights`, undefined, cookie);
  const [newest] = (nights.body as { readonly nights: readonly { readonly night: string }[] }).nights;
  if (newest === undefined) return 0;
  const answer = await ask(home, "GET", `/api/beds/${bed}/nights/${newest.night}`, undefined, cookie);
  const strip = (answer.body as NightAnswer).strips.find(({ signal }) => signal === "spo2");
  return strip?.mean.filter((mean) => mean !== null).length ?? 0;
}

async function reaches(count: () => Promise<number>, wanted: number): Promise<void> {
  const end = performance.now() + 60_000;
  let found = await count();
  while (found < wanted) {
    if (performance.now() > end) throw new Error(`${found} instead of ${wanted} after a minute`);
    await sleep(500);
    found = await count();
  }
}
