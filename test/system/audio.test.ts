// The house's loudspeaker through the real player: ALSA's file output writes what would be heard into a file.
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { createSounder, wholeHouse } from "../../src/notify/sounder/sounder.ts";
import { createAudio, noAudio } from "../../src/ops/audio.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { Audio } from "../../src/port/audio.ts";
import { alarmSound } from "../../src/sound/synthesis.ts";
import { answer, folds, occurrence } from "../support/alarms.ts";
import { requires } from "../support/require.ts";
import { harmonicsIn, soundsIn, spectrumOf } from "../support/spectrum.ts";

const { describe, test } = requires("alsa-utils");

const RATE_HZ = 48_000;
const clock = createClock();

let folder: string;
let environment: Record<string, string | undefined>;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-audio-"));
  writeFileSync(
    path.join(folder, "asound.conf"),
    `</usr/share/alsa/alsa.conf>
pcm.!default { type file slave.pcm "null" file "${heardPath()}" format "raw" }
`,
  );
  environment = { PATH: process.env["PATH"], ALSA_CONFIG_PATH: path.join(folder, "asound.conf") };
});

afterEach(async () => {
  await until(() => childrenOf(process.pid).length === 0, 1_000);
  rmSync(folder, { recursive: true, force: true });
});

const heardPath = (): string => path.join(folder, "heard.raw");
const heardBytes = (): number => (existsSync(heardPath()) ? statSync(heardPath()).size : 0);

function heard(): Int16Array {
  const bytes = readFileSync(heardPath());
  return new Int16Array(new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 2))).buffer);
}

/** Living processes started by a process; looked up without starting one. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, ppid] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
        return Number(ppid) === parent && state !== "Z";
      } catch {
        // It ended while we looked.
        return false;
      }
    })
    .map(Number);
}

/** Waits for something to be true; returns how long that took, milliseconds. */
async function until(holds: () => boolean, limitMs: number): Promise<number> {
  const startedAt = performance.now();
  while (!holds()) {
    if (performance.now() - startedAt > limitMs)
      throw new Error(`not within ${limitMs} ms: ${holds.toString()}`);
    await clock.sleep(5);
  }
  return performance.now() - startedAt;
}

/** A player of our own in a folder that is all of PATH, beside what the script needs. */
function fakePlayer(name: string, script: string): void {
  const bin = path.join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  environment = { ...environment, PATH: bin };
}

const audio = (): Audio => createAudio({ clock, environment });

describe("playing", () => {
  test("what reaches the output is the alarm, sample for sample, at the pace of real time", async () => {
    const sound = alarmSound("high", RATE_HZ);
    const startedAt = performance.now();
    const end = audio().play(
      () => sound,
      RATE_HZ,
      (detail) => expect.fail(detail),
    );
    await clock.sleep(7_500);
    const tookMs = performance.now() - startedAt;
    end();
    const samples = heard();
    const heardMs = (samples.length / RATE_HZ) * 1_000;
    expect(heardMs).toBeGreaterThan(tookMs - 300);
    expect(heardMs).toBeLessThan(tookMs + 1_000);
    expect(samples.subarray(0, sound.length)).toEqual(sound);

    const pulses = soundsIn(samples.subarray(0, sound.length), RATE_HZ, 0.02);
    expect(pulses).toHaveLength(10);
    const [first] = pulses;
    const pulse = samples.subarray((first?.from ?? 0) * RATE_HZ, (first?.to ?? 0) * RATE_HZ);
    expect(spectrumOf(pulse, RATE_HZ)(520)).toBeGreaterThan(2_000);
    for (const level of harmonicsIn(pulse, RATE_HZ, 520)) {
      expect(level).toBeGreaterThan(-12);
      expect(level).toBeLessThan(-3);
    }
    // The second burst began: it is a loop.
    expect(samples.length).toBeGreaterThan(sound.length);
    expect(samples.subarray(sound.length)).toEqual(sound.subarray(0, samples.length - sound.length));
  });

  test("stops within 200 ms, for good", async () => {
    const end = audio().play(
      () => alarmSound("high", RATE_HZ),
      RATE_HZ,
      (detail) => expect.fail(detail),
    );
    await until(() => heardBytes() > RATE_HZ, 5_000);
    end();
    const tookMs = await until(() => childrenOf(process.pid).length === 0, 1_000);
    expect(tookMs).toBeLessThan(200);
    const after = heardBytes();
    end();
    await clock.sleep(400);
    expect(heardBytes()).toBe(after);
  });

  test("fifty sounds, stopped at once or a little later, leave nothing behind", async () => {
    const speaker = audio();
    for (let i = 0; i < 50; i++) {
      const end = speaker.play(
        () => alarmSound("medium", RATE_HZ),
        RATE_HZ,
        (detail) => expect.fail(detail),
      );
      await clock.sleep(i % 5);
      end();
    }
    await until(() => childrenOf(process.pid).length === 0, 1_000);
  });

  test("goes silent by itself when this program is killed", async () => {
    const script = `
      import { createAudio } from ${JSON.stringify(new URL("../../src/ops/audio.ts", import.meta.url).href)};
      import { createClock } from ${JSON.stringify(new URL("../../src/ops/clock.ts", import.meta.url).href)};
      const audio = createAudio({ clock: createClock(), environment: process.env });
      audio.play(() => new Int16Array(48000).fill(1000), 48000, () => process.exit(1));
    `;
    const program = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, ...environment },
      stdio: "ignore",
    });
    const pid = program.pid ?? 0;
    await until(() => heardBytes() > 0, 10_000);
    const [player = 0] = childrenOf(pid);
    expect(player).toBeGreaterThan(0);
    program.kill("SIGKILL");
    await until(() => !existsSync(`/proc/${player}`), 2_000);
  });
});

describe("an output that breaks", () => {
  test("is reported once, soon, with what the player said", async () => {
    const failures: string[] = [];
    audio().play(
      () => alarmSound("high", RATE_HZ),
      RATE_HZ,
      (detail) => failures.push(detail),
    );
    await until(() => heardBytes() > 0, 5_000);
    for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
    await until(() => failures.length > 0, 1_000);
    await clock.sleep(300);
    expect(failures).toEqual(["aplay: ended with SIGKILL"]);
  });

  test("is reported and left behind by nobody when the player no longer takes sound", async () => {
    fakePlayer("aplay", "exec /bin/sleep 600");
    const failures: string[] = [];
    audio().play(
      () => alarmSound("high", RATE_HZ),
      RATE_HZ,
      (detail) => failures.push(detail),
    );
    await until(() => failures.length > 0, 6_000);
    expect(failures[0]).toContain("hangs");
  });

  test("is found by the probe: no card", async () => {
    writeFileSync(
      path.join(folder, "asound.conf"),
      '</usr/share/alsa/alsa.conf>\npcm.!default { type hw card "NoSuchCard" }\n',
    );
    fakePlayer("aplay", `PATH=${process.env["PATH"]} exec aplay "$@"`);
    const { ok, detail } = await audio().probe();
    expect(ok).toBe(false);
    expect(detail).toMatch(/^aplay: .*open error/);
  });

  test("is found by the probe: a player that does not answer", async () => {
    fakePlayer("aplay", "exec /bin/sleep 600");
    const { ok, detail } = await audio().probe();
    expect(ok).toBe(false);
    expect(detail).toContain("does not answer");
  });

  test("is found by the probe: no player is installed, and the package is named", async () => {
    environment = { ...environment, PATH: folder };
    expect(await audio().probe()).toEqual({ ok: false, detail: expect.stringContaining("alsa-utils") });
    const failures: string[] = [];
    audio().play(
      () => new Int16Array(100),
      RATE_HZ,
      (detail) => failures.push(detail),
    );
    expect(failures).toHaveLength(1);
  });

  test("is replaced by the next player that works", async () => {
    fakePlayer("aplay", "echo 'audio open error: busy' >&2; exit 1");
    fakePlayer("paplay", 'exec /bin/cat > "$PLAYED"');
    environment = { ...environment, PLAYED: path.join(folder, "played") };
    const speaker = audio();
    expect(await speaker.probe()).toEqual({ ok: true, detail: "paplay, output default" });
    const end = speaker.play(
      () => alarmSound("high", RATE_HZ),
      RATE_HZ,
      (detail) => expect.fail(detail),
    );
    await until(() => statSync(path.join(folder, "played")).size > 1_000, 2_000);
    end();
  });
});

test("a player that fails in the middle of an alarm makes way for the next one, and that for the first again", async () => {
  fakePlayer("aplay", "echo 'audio open error: busy' >&2; exit 1");
  fakePlayer("pw-cat", `echo "pw-cat: unrecognized option '--raw'" >&2; echo '  -h, --help' >&2; exit 1`);
  const speaker = audio();
  const failures: string[] = [];
  for (const count of [1, 2, 3]) {
    speaker.play(
      () => alarmSound("high", RATE_HZ),
      RATE_HZ,
      (detail) => failures.push(detail),
    );
    await until(() => failures.length === count, 2_000);
  }
  const busy = "aplay: audio open error: busy";
  expect(failures).toEqual([busy, "pw-cat: pw-cat: unrecognized option '--raw'", busy]);
});

test("an output that opens is ready, and the probe makes no sound", async () => {
  expect(await audio().probe()).toEqual({ ok: true, detail: "aplay, output default" });
  expect(heard().every((sample) => sample === 0)).toBe(true);
});

test("a machine told to be silent says so and never plays", async () => {
  const failures: string[] = [];
  const silent = noAudio("switched off in the configuration");
  expect(await silent.probe()).toEqual({ ok: false, detail: "switched off in the configuration" });
  silent.play(
    () => new Int16Array(1),
    RATE_HZ,
    (detail) => failures.push(detail),
  )();
  expect(failures).toEqual(["switched off in the configuration"]);
});

test("from an alarm to the output in under a second, and silent within 200 ms of its answer", async () => {
  const sounder = createSounder({
    ...{ rooms: [wholeHouse(audio())], language: "en", clock, log: { note: () => undefined } },
    speech: { sentence: () => undefined, text: async () => undefined },
  });
  const fold = folds(clock);
  sounder.update(fold([occurrence()]));
  expect(await until(() => heardBytes() > 0, 5_000)).toBeLessThan(1_000);
  sounder.update(fold([occurrence({ acknowledgement: answer(clock.wall()) })]));
  expect(await until(() => childrenOf(process.pid).length === 0, 1_000)).toBeLessThan(200);
  expect(heard().some((sample) => Math.abs(sample) > 5_000)).toBe(true);
  sounder.stop();
});
