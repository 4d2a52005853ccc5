// A box and its hub as two real processes with a broker between them: the box is killed while it calls, and the phone rings on.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { stringify } from "yaml";
import type { ConfigFile } from "../../src/config/schema.ts";
import { createCertificate } from "../support/certificate.ts";
import { runCommand } from "../support/command-line.ts";
import { ask, signIn, startHome, temporaryFolder, watchBeds, writeHomeConfig } from "../support/home.ts";
import { freePort } from "../support/mosquitto.ts";
import { readVapid } from "../support/push-receiver.ts";
import { startPushService } from "../support/push-service.ts";
import { requires } from "../support/require.ts";

const BOX = "mailto:box@example.org";
const HUB = "mailto:hub@example.org";

const { test } = requires("openssl");

test("a box that is killed while it calls is gone on for by its hub within a minute, until somebody answers", {
  timeout: 240_000,
}, async () => {
  const folder = temporaryFolder();
  const certificate = createCertificate();
  onTestFinished(certificate.remove);
  onTestFinished(certificate.trust());
  const service = await startPushService(certificate);
  onTestFinished(() => service.stop());

  const environment = { NODE_EXTRA_CA_CERTS: certificate.certPath };
  const hubFolder = path.join(folder, "hub");
  const hubFile = path.join(folder, "hub.yaml");
  const webPush = { allowPrivateEndpoints: true };
  const hubConfig: ConfigFile = {
    zone: "UTC",
    dataDir: hubFolder,
    hub: { name: "City Clinic", boxes: { host: "127.0.0.1", port: await freePort() } },
    web: { port: await freePort(), tls: { cert: certificate.certPath, key: certificate.keyPath } },
    channels: { webPush: { ...webPush, subject: HUB } },
  };
  writeFileSync(hubFile, stringify(hubConfig));
  const hub = await startHome(["hub", "--config", hubFile], { folder, dataDir: hubFolder, environment });
  onTestFinished(async () => void (await hub.stop()));
  const clinic = await signIn(hub, "Dr Li");
  const me = (await ask(hub, "GET", "/api/me", undefined, clinic)).body as {
    readonly organisations: readonly { readonly organisation: string }[];
  };
  const { organisation } = me.organisations[0] ?? { organisation: "" };
  const made = await ask(hub, "POST", "/api/homes/codes", { label: "Home of Mei", organisation }, clinic);
  const { link } = made.body as { readonly link: string };

  // A sensor that is not there: nothing here is simulated, or nobody would be called.
  const device = { family: "nonin-serial", port: "/dev/breathwatch-none", label: "Finger", options: {} };
  const dataDir = path.join(folder, "data");
  const home = writeHomeConfig(folder, {
    beds: [{ id: "b1", label: "Anna", dependencyClass: "B", devices: [device] }],
    channels: { webPush: { ...webPush, subject: BOX } },
  });
  const paired = await runCommand(["pair", link, "--config", home], { folder });
  expect(paired.code, paired.words).toBe(0);
  const name = `${paired.data.trim()}~b1`;
  const code = /owner code (\S+)\./.exec(paired.words)?.[1] ?? "";
  const startBox = () => startHome(["edge", "--config", home], { folder, dataDir, environment });
  let box = await startBox();
  onTestFinished(async () => void (await box.stop()));

  const { cookie } = await ask(hub, "POST", "/api/sign-in", { code, name: "Mei", language: "en" }, "");
  // A page subscribes with the home's key, which its box leaves at the hub.
  const pushKey = async () =>
    ((await ask(hub, "GET", "/api/me", undefined, cookie)).body as { readonly pushKey?: string }).pushKey ??
    "";
  await expect.poll(pushKey, { timeout: 60_000 }).not.toBe("");
  const phone = service.subscribe(await pushKey());
  const subscription = { ...phone.settings, label: "Mei's phone", home: paired.data.trim() };
  const there = async () => (await ask(hub, "POST", "/api/push", subscription, cookie)).status;
  await expect.poll(there, { timeout: 60_000 }).toBeLessThan(300);

  const known = async () => JSON.stringify((await ask(box, "GET", "/api/health")).body);
  await expect.poll(known, { timeout: 60_000 }).toMatch(/of 1 have proved/);

  /** Alarms that the push service took, in order: from whom, and what they said. */
  const alarms = () =>
    service.accepted.flatMap(({ headers, body }) => {
      const said = JSON.parse(phone.receiver.decrypt(body)) as Record<string, string>;
      const { sub } = readVapid(String(headers["authorization"]));
      return said["kind"] === "alarm" ? [{ sub, acknowledgeUrl: said["acknowledgeUrl"] ?? "" }] : [];
    });
  const live = await watchBeds(hub, cookie);
  const isOpen = (condition: string) =>
    live.until(({ alarms: { open } }) => open.some((one) => one.condition === condition), 60_000, name);
  const called = { how: "touch", kind: "come" };
  await expect
    .poll(async () => (await ask(hub, "POST", `/api/beds/${name}/call`, called, cookie)).status, {
      timeout: 60_000,
    })
    .toBe(200);
  await isOpen("PATIENT_CALL");
  await expect.poll(() => alarms().some(({ sub }) => sub === BOX), { timeout: 60_000 }).toBe(true);
  expect(alarms().filter(({ sub }) => sub === HUB)).toEqual([]);

  const killedAt = performance.now();
  box.line.kill("SIGKILL");
  await box.line.ended;
  await expect.poll(() => alarms().some(({ sub }) => sub === HUB), { timeout: 65_000 }).toBe(true);
  expect(performance.now() - killedAt).toBeLessThan(60_000);
  const answer = alarms().findLast(({ sub }) => sub === HUB)?.acknowledgeUrl ?? "";
  expect((await ask(hub, "POST", new URL(answer).pathname, undefined, "")).status).toBe(200);
  const answered = await live.until(
    ({ alarms: { open } }) =>
      open.some((one) => one.condition === "PATIENT_CALL" && one.acknowledgement !== undefined),
    10_000,
    name,
  );
  expect(answered.alarms.open.find((one) => one.condition === "PATIENT_CALL")?.acknowledgement?.by.name).toBe(
    "Mei",
  );

  // The box hears it when it is back.
  box = await startBox();
  const here = await watchBeds(box);
  await here.until(
    ({ alarms: { open } }) =>
      open.some((one) => one.condition === "PATIENT_CALL" && one.acknowledgement?.by.name === "Mei"),
    90_000,
  );
});
