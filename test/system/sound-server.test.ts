// The house's loudspeaker behind a real sound server: PulseAudio with a sink that goes nowhere, whose samples are looked at.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { createSounder, type Sounder, wholeHouse } from "../../src/notify/sounder/sounder.ts";
import { createAudio } from "../../src/ops/audio.ts";
import { createClock } from "../../src/ops/clock.ts";
import { burstMs, PATTERNS, RAMP } from "../../src/sound/pattern.ts";
import { answer, folds, occurrence } from "../support/alarms.ts";
import { requires } from "../support/require.ts";
import {
  createSoundServer,
  type Recording,
  SINK_RATE_HZ,
  type SoundServer,
} from "../support/sound-server.ts";
import { harmonicsIn, soundsIn, spectrumOf } from "../support/spectrum.ts";
import { run } from "../support/terminal.ts";

const { test } = requires("pulseaudio", "alsa-utils");

const clock = createClock();
const fold = folds(clock);
const second = (seconds: number): number => Math.round(seconds * SINK_RATE_HZ);

/** A server with a sink, and a sounder beside it. */
interface Bench {
  readonly folder: string;
  readonly server: SoundServer;
  readonly sounder: Sounder;
  /** What the sounder said of itself, in order. */
  readonly told: readonly { readonly ok: boolean; readonly detail: string }[];
}

/** The product's own sounder; told where the server is, or left to find it as on a desktop: through ALSA's plugin. */
async function bench(way: "told" | "found"): Promise<Bench> {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-server-"));
  const server = createSoundServer(folder);
  const environment = way === "told" ? { PATH: process.env["PATH"], HOME: folder } : server.environment;
  const audio = createAudio({ clock, environment, ...(way === "told" ? { server: server.address } : {}) });
  const told: Bench["told"][number][] = [];
  const sounder = createSounder({
    ...{ rooms: [wholeHouse(audio)], language: "en", clock, log: { note: () => undefined } },
    speech: { sentence: () => undefined, text: async () => undefined },
    onReadiness: (readiness) => told.push(readiness),
  });
  onTestFinished(() => {
    sounder.stop();
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await server.start();
  return { folder, server, sounder, told };
}

const loudest = (samples: Int16Array): number =>
  samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
const isHeardIn = (samples: Int16Array): boolean => loudest(samples) > 5_000;

/** Waits for something to be true; milliseconds it took. */
async function until(holds: () => boolean, limitMs: number): Promise<number> {
  const startedAt = performance.now();
  await expect.poll(holds, { timeout: limitMs, interval: 20 }).toBe(true);
  return performance.now() - startedAt;
}

/** The pulses in what was heard are those of an alarm as IEC 60601-1-8 and src/notify/sounder/README.md have it. */
function expectPulses(heard: Int16Array, kind: "high" | "medium", peak: number): void {
  const { pulses } = PATTERNS[kind];
  const found = soundsIn(heard, SINK_RATE_HZ, 0.02);
  expect(found).toHaveLength(pulses.length);
  let due = found[0]?.from ?? 0;
  pulses.forEach(({ hz, ms, restMs }, index) => {
    const { from = 0, to = 0 } = found[index] ?? {};
    expect(Math.abs(from - due)).toBeLessThan(0.05);
    expect(to - from).toBeGreaterThan(ms / 1_000 - 0.03);
    expect(to - from).toBeLessThan(ms / 1_000 + 0.01);
    const pulse = heard.subarray(second(from), second(to));
    expect(Math.abs(loudest(pulse) - peak)).toBeLessThan(peak / 50);
    const line = spectrumOf(pulse, SINK_RATE_HZ);
    expect(line(hz)).toBeGreaterThan(peak / 8);
    expect(line(hz)).toBeGreaterThan(5 * line(hz - 40));
    expect(line(hz)).toBeGreaterThan(5 * line(hz + 40));
    for (const level of harmonicsIn(pulse, SINK_RATE_HZ, hz)) {
      expect(level).toBeGreaterThan(-12);
      expect(level).toBeLessThan(-3);
    }
    due += (ms + restMs) / 1_000;
  });
}

const FULL_SCALE = 32_767;
const firstPeak = (kind: "high" | "medium"): number => PATTERNS[kind].peak * (RAMP[0] ?? 1) * FULL_SCALE;

/** Takes the sound's first burst, with half a second of the silence after it. */
async function burstOf(kind: "high" | "medium", recording: Recording, from: number): Promise<Int16Array> {
  await until(() => isHeardIn(recording.samples.subarray(from)), 2_000);
  const begun = recording.samples.length;
  await until(() => recording.samples.length > begun + second(burstMs(kind) / 1_000 + 0.5), 8_000);
  return recording.samples.subarray(from, begun + second(burstMs(kind) / 1_000 + 0.4));
}

/** What is left of a sound from 200 ms after its answer on, for most of a second. */
async function leftAfterAnswer(sounder: Sounder, recording: Recording): Promise<number> {
  expect(isHeardIn(recording.samples.subarray(-second(0.2)))).toBe(true);
  sounder.update(fold([occurrence({ acknowledgement: answer(clock.wall()) })]));
  const answered = recording.samples.length;
  await until(() => recording.samples.length > answered + second(1), 3_000);
  return loudest(recording.samples.subarray(answered + second(0.2)));
}

test("an alarm is heard in the server's sink pulse by pulse, silence before it and after its answer", async () => {
  const { server, sounder } = await bench("told");
  const recording = await server.record();
  await until(() => recording.samples.length > second(0.3), 2_000);
  const before = recording.samples.length;
  sounder.update(fold([occurrence()]));
  const heard = await burstOf("high", recording, before);
  expect(loudest(recording.samples.subarray(0, before))).toBe(0);
  expectPulses(heard, "high", firstPeak("high"));
  const fallen = recording.samples.length;
  sounder.update(fold([occurrence({ priority: "medium" })]));
  await until(() => isHeardIn(recording.samples.subarray(fallen)), 2_000);
  expect(await leftAfterAnswer(sounder, recording)).toBe(0);
});

test("a server is found through ALSA's default output, and an answer in the middle of a burst silences it", async () => {
  const { server, sounder } = await bench("found");
  const recording = await server.record();
  sounder.update(fold([occurrence({ priority: "medium" })]));
  expectPulses(await burstOf("medium", recording, 0), "medium", firstPeak("medium"));
  const risen = recording.samples.length;
  sounder.update(fold([occurrence()]));
  await until(() => isHeardIn(recording.samples.subarray(risen)), 2_000);
  expect(await leftAfterAnswer(sounder, recording)).toBe(0);
});

test("a server that is killed while it sounds is told, and it sounds again when the server is back", async () => {
  const { server, sounder, told } = await bench("found");
  const recording = await server.record();
  sounder.update(fold([occurrence()]));
  await until(() => isHeardIn(recording.samples), 1_500);
  server.signal("SIGKILL");
  expect(await until(() => told.at(-1)?.ok === false, 2_000)).toBeLessThan(1_000);
  expect(told.at(-1)?.detail).toMatch(/^aplay: ./);
  expect(sounder.rooms[0]?.ok).toBe(false);
  await server.start();
  const again = await server.record();
  await until(() => isHeardIn(again.samples), 5_000);
  await until(() => sounder.readiness.ok, 5_000);
  // Each attempt may fail with a sentence of its own; only the last one succeeds.
  expect(told.map(({ ok }) => ok).indexOf(true)).toBe(told.length - 1);
});

test("a server that hangs while it sounds is told before it counts as heard, again and again, until it wakes", async () => {
  const { server, sounder, told } = await bench("told");
  const recording = await server.record();
  sounder.update(fold([occurrence()]));
  await until(() => isHeardIn(recording.samples), 1_000);
  server.signal("SIGSTOP");
  expect(await until(() => told.at(-1)?.ok === false, 6_000)).toBeLessThan(3_500);
  expect(told.at(-1)?.detail).toBe("paplay: the output hangs: it takes no more sound");
  const stopped = recording.samples.length;
  // Longer than a sound needs to prove its output, from the next attempt on.
  await clock.sleep(5_500);
  expect(told.some(({ ok }) => ok)).toBe(false);
  server.signal("SIGCONT");
  await until(() => isHeardIn(recording.samples.subarray(stopped + second(1))), 8_000);
});

test("an output that is muted, turned down or gone is no sounder, and check says so in words", async () => {
  const { server, folder } = await bench("told");
  const environment = { PATH: process.env["PATH"], HOME: folder };
  const audio = createAudio({ clock, environment, server: server.address });
  expect(await audio.probe()).toEqual({ ok: true, detail: "paplay, output default, volume 100 %" });
  expect(await audio.muffled?.()).toBeUndefined();
  server.order("set-sink-volume", "bedroom", "0%");
  const down = "paplay: the sound server has this output at volume 0 %";
  expect(await audio.probe()).toEqual({ ok: false, detail: down });
  expect(await audio.muffled?.()).toBe(down);
  const devices = "beds: [{ id: b1, devices: [{ family: nonin-serial, port: 'memory:finger' }] }]";
  writeFileSync(
    path.join(folder, "home.yaml"),
    `zone: UTC\ndataDir: data\n${devices}\naudio: { server: "${server.address}" }\n`,
  );
  server.order("set-sink-mute", "bedroom", "1");
  const { data } = await run(["check", "--config", "home.yaml"], { folder, clock, environment });
  expect(data).toMatch(
    /^warning {2}house sounder {2}NO SOUNDER: paplay: the sound server has this output muted \(AUDIO_UNAVAILABLE\) {2}-> .*turn it up/m,
  );
  server.order("unload-module", "module-null-sink");
  await until(() => server.ask("info").includes("Default Sink: auto_null"), 2_000);
  expect(await audio.probe()).toEqual({
    ok: false,
    detail: "paplay: the sound server has no loudspeaker, what is played goes nowhere",
  });
});
