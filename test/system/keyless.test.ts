// A box whose key cannot be had: it starts, reads, rings, shows its page and says so; with the key all is as before.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { runCommand } from "../support/command-line.ts";
import { ask, signIn, startHome, temporaryFolder, watchBeds, writeHomeConfig } from "../support/home.ts";
import { createPtyBed } from "../support/home-bed.ts";
import { freePort } from "../support/mosquitto.ts";
import { requires } from "../support/require.ts";

const { test } = requires("socat");

/** What is sealed, or tells which key it was: never written while the key is away. */
const SEALED = ["state.sqlite", "timeseries.sqlite", "key-check"];
const hashesOf = (dataDir: string): object =>
  Object.fromEntries(
    readdirSync(dataDir)
      .filter((name) => SEALED.includes(name))
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(path.join(dataDir, name)))
          .digest("hex"),
      ]),
  );

/** The control file of the run that is there now, once it answers. */
async function controlOf(dataDir: string, before: string): Promise<{ url: string; token: string }> {
  const read = (): { url: string; token: string } => {
    try {
      return JSON.parse(readFileSync(path.join(dataDir, "control.json"), "utf8"));
    } catch {
      return { url: "", token: before };
    }
  };
  await expect.poll(() => read().token, { timeout: 30_000 }).not.toBe(before);
  return read();
}

test("a box without its key watches, rings and says so; a phone that is signed in answers; the key brings all back", {
  timeout: 240_000,
}, async () => {
  const folder = temporaryFolder();
  const dataDir = path.join(folder, "data");
  const stick = path.join(folder, "box.key");
  const bed = await createPtyBed(11);
  const config = writeHomeConfig(folder, {
    beds: [{ id: "b1", label: "Mei", dependencyClass: "C", devices: bed.devices }],
    web: { port: await freePort() },
    security: { keyFile: stick },
  });
  const before = await startHome(["home", "--config", config], { folder, dataDir });
  const cookie = await signIn(before, "Lin");
  bed.switchOn();
  const lived = await watchBeds(before);
  const { sources } = await lived.until(({ signals }) => typeof signals.spo2?.sample === "number", 30_000);
  const me = (await ask(before, "GET", "/api/me", undefined, cookie)).body as { readonly home: string };
  expect((await before.stop()).code).toBe(0);

  const away = `${stick}.away`;
  renameSync(stick, away);
  const sealed = hashesOf(dataDir);
  expect(Object.keys(sealed)).toEqual(expect.arrayContaining(SEALED));
  const checked = await runCommand(["check", "--config", config], { folder });
  expect(checked.data).toMatch(/^error\s+key file .*is gone.*-> Put the file back/m);

  const box = await startHome(["home", "--config", config], { folder, dataDir });
  onTestFinished(() => void box.stop());
  await box.line.said(/THE KEY OF THIS BOX IS MISSING/);
  // No new owner in the place of the one who cannot be read.
  expect(box.code).toBe("");
  const live = await watchBeds(box, cookie);
  const seen = await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000);
  // The same devices: what is kept meanwhile belongs to them.
  expect(seen.sources.map(({ device }) => device)).toEqual(sources.map(({ device }) => device));
  const told = await live.until(
    ({ alarms }) => alarms.open.some(({ condition }) => condition === "KEY_MISSING"),
    30_000,
  );
  const alarm = told.alarms.open.find(({ condition }) => condition === "KEY_MISSING");
  expect(alarm).toMatchObject({ priority: "high" });
  expect(told.readiness?.targets ?? []).toEqual([]);
  const health = (await ask(box, "GET", "/api/health")).body as {
    readonly findings: readonly { readonly id: string; readonly level: string }[];
  };
  expect(health.findings.find(({ id }) => id === "key")).toMatchObject({ level: "error" });

  const answered = await ask(
    box,
    "POST",
    `/api/beds/b1/occurrences/${alarm?.id}/acknowledge`,
    { place: "going" },
    cookie,
  );
  expect(answered.status, JSON.stringify(answered.body)).toBe(200);
  const calm = await live.until(
    ({ alarms }) =>
      alarms.open.some(({ id, acknowledgement }) => id === alarm?.id && acknowledgement !== undefined),
    10_000,
  );
  expect(calm.alarms.open.find(({ id }) => id === alarm?.id)?.acknowledgement).toMatchObject({
    by: { name: "Owner" },
  });
  // What could not be kept is refused, not lost.
  const refused = await ask(box, "POST", "/api/people/join-codes", { role: "caregiver" }, cookie);
  expect(refused.status).toBeGreaterThanOrEqual(400);

  // A damaged one is none.
  writeFileSync(stick, "breathwatch-key-1 nonsense 00000000\n");
  expect(hashesOf(dataDir)).toEqual(sealed);
  renameSync(away, stick);
  await box.line.said(/The key is back/);
  const control = await controlOf(dataDir, box.control.token);
  const again = { ...box, control: { ...box.control, ...control } };
  const whole = await watchBeds(again, cookie);
  await whole.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000);
  const mine = (await ask(again, "GET", "/api/me", undefined, cookie)).body as {
    readonly home: string;
  };
  expect(mine).toMatchObject({ home: me.home, person: { name: "Lin", role: "owner" } });
  // The fault is taken back; what sounded stays to be looked at until somebody has answered, and somebody has.
  await whole.until(
    ({ alarms }) => !alarms.open.some(({ condition }) => condition === "KEY_MISSING"),
    60_000,
  );
  const well = (await ask(again, "GET", "/api/health")).body as typeof health;
  expect(well.findings.find(({ id }) => id === "key")).toMatchObject({ level: "ok" });
  expect((await box.stop()).code).toBe(0);
});
