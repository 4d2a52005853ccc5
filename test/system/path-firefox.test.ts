// The whole path, with nothing left out: bytes on two serial ports, a home in its own process, a sounder that plays,
// an encrypted push to a real Firefox, and a person who answers on the real page.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { createCertificate } from "../support/certificate.ts";
import { runCommand } from "../support/command-line.ts";
import { type Firefox, pushPreferences, startFirefox } from "../support/firefox.ts";
import {
  listenToBus,
  scheduleFarFromNow,
  startHome,
  temporaryFolder,
  until,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";
import { createPtyBed } from "../support/home-bed.ts";
import { createLoudspeaker } from "../support/home-sound.ts";
import { builtPages } from "../support/pages-browser.ts";
import { type PushService, startPushService } from "../support/push-service.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("firefox", "openssl", "socat", "alsa-utils");

/** Clicks the first button that says so. */
const tap = (words: string): string => `(() => {
  const button = [...document.querySelectorAll("button")].find((one) => one.textContent === ${JSON.stringify(words)});
  button?.click();
  return button !== undefined;
})()`;

/** Types as a person does, as far as the page can tell. */
const type = (field: string, text: string): string => `(() => {
  const input = document.querySelector(${JSON.stringify(field)});
  input.value = ${JSON.stringify(text)};
  input.dispatchEvent(new Event("input", { bubbles: true }));
})()`;

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly lasting: boolean;
}

const shownIn = async (firefox: Firefox): Promise<readonly Shown[]> =>
  JSON.parse(
    String(
      await firefox.evaluate(`navigator.serviceWorker.ready
        .then((registration) => registration.getNotifications())
        .then((list) => JSON.stringify(list.map(({ title, body, tag, requireInteraction }) =>
          ({ title, body, tag, lasting: requireInteraction }))))`),
    ),
  ) as Shown[];

/** A phone of ours in the name of who is signed in: it gets what Firefox gets, and we can read it. */
async function addReader(firefox: Firefox, service: PushService): Promise<() => readonly Payload[]> {
  const { settings, receiver } = service.subscribe();
  const body = JSON.stringify({ ...settings, label: "Reader" });
  const request = `{ method: "POST", headers: { "content-type": "application/json" }, body: ${JSON.stringify(body)} }`;
  expect(await firefox.evaluate(`fetch("/api/push", ${request}).then(({ status }) => status)`)).toBe(200);
  const own = new URL(settings.endpoint).pathname;
  return () =>
    service.accepted
      .filter((post) => post.path === own)
      .map((post) => JSON.parse(receiver.decrypt(post.body)) as Payload);
}

interface Payload {
  readonly kind: string;
  readonly title: string;
  readonly tag: string;
  readonly simulated: boolean;
  readonly drill: boolean;
}

describe("from a ventilator's bytes to a woken person", () => {
  test("outside a drill it pages nobody; inside one it rings until somebody answers by name", {
    timeout: 240_000,
  }, async () => {
    await builtPages();
    const folder = temporaryFolder();
    const certificate = createCertificate();
    onTestFinished(() => certificate.remove());
    const service = await startPushService(certificate);
    onTestFinished(() => service.stop());
    const speaker = createLoudspeaker(folder);
    const beds = await createPtyBed(21);
    const config = writeHomeConfig(folder, {
      beds: [{ id: "b1", label: "Bed", watch: scheduleFarFromNow(), devices: beds.devices }],
      channels: { webPush: { subject: "mailto:family@example.org", allowPrivateEndpoints: true } },
      audio: { enabled: true },
    });
    const [home, firefox] = await Promise.all([
      startHome(["home", "--config", config], {
        folder,
        dataDir: `${folder}/data`,
        environment: { ...speaker.environment, NODE_EXTRA_CA_CERTS: certificate.certPath },
      }),
      startFirefox(pushPreferences(service.socketUrl)),
    ]);
    onTestFinished(() => firefox.close());
    const bus = await listenToBus(home);
    const live = await watchBeds(home);

    // Somebody opens the printed address, says who they are and starts the night.
    await firefox.goTo(home.address);
    await firefox.until(`document.querySelector("form.sign-in") !== null`);
    await firefox.evaluate(type("input[name=name]", "Ana"));
    await firefox.evaluate(`document.querySelector("form.sign-in button[type=submit]").click()`);
    const registered = service.next("registered");
    await firefox.until(tap("Start the night"));
    await registered;
    const started = await live.until(({ alarms }) => alarms.watch.on, 20_000);
    expect(started.alarms.watch).toMatchObject({ reason: "person", by: { name: "Ana" } });
    await live.until(
      ({ readiness }) => readiness.targets.some(({ channel }) => channel === "web-push"),
      20_000,
    );
    const messages = await addReader(firefox, service);

    // The devices are switched on; then the mask comes off. The page shows it and nobody is paged.
    const patient = beds.switchOn();
    await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 20_000);
    await live.until(({ signals }) => typeof signals.pressure_peak?.sample === "number", 20_000);
    await firefox.until(`document.body.innerText.includes("SIMULATED")`);
    patient.apply("mask_off");
    const unpaged = await live.until(
      ({ alarms }) => alarms.open.some(({ condition }) => condition === "VENT_DISCONNECT"),
      60_000,
    );
    expect(unpaged.alarms.open[0]).toMatchObject({ priority: "high", simulated: true, drill: false });
    await firefox.until(`document.querySelector(".alarm-high")?.innerText.includes("SIMULATED")`);
    patient.apply("mask_on");
    await live.until(({ alarms }) => alarms.open.length === 0, 60_000);
    expect(service.accepted).toEqual([]);
    expect(speaker.loudest()).toBe(0);
    expect(await shownIn(firefox)).toEqual([]);

    // A drill on purpose: the same again reaches sounder and phones.
    const drill = await runCommand(["drill", "--bed", "b1", "--for", "5m", "--data", home.dataDir]);
    expect(drill).toMatchObject({ code: 0 });
    const posted = service.next("posted");
    posted.catch(() => undefined);
    patient.apply("mask_off");
    const rung = await live.until(
      ({ alarms }) => alarms.open.some(({ condition }) => condition === "VENT_DISCONNECT"),
      60_000,
    );
    const rungAt = performance.now();
    const occurrence = rung.alarms.open.find(({ condition }) => condition === "VENT_DISCONNECT");
    expect(occurrence).toMatchObject({ priority: "high", simulated: true, drill: true });
    await until(() => service.accepted.length >= 2, 5_000);
    await until(() => speaker.players(home.line.pid) > 0 && speaker.loudest() > 1_000, 10_000);
    await firefox.until(`navigator.serviceWorker.ready
      .then((registration) => registration.getNotifications()).then((list) => list.length > 0)`);
    expect(service.events.filter(({ kind }) => kind === "undecryptable")).toEqual([]);
    const [shown] = await shownIn(firefox);
    expect(shown?.title).toContain("DRILL");
    expect(shown?.title).toContain("SIMULATED");
    expect(shown?.title).toContain("Breathwatch: look now (urgent)");
    expect(shown?.lasting).toBe(true);

    // The worker has told the box that it showed it: that it arrived, and no more. It proves nothing, and it rings on.
    const isShown = ({ shown }: { readonly shown?: object }): boolean => shown !== undefined;
    const reached = await live.until(({ readiness }) => readiness.targets.some(isShown), 10_000);
    const phone = reached.readiness.targets.find(isShown);
    expect(reached.alarms.open.map(({ id }) => id)).toContain(phone?.shown?.occurrence);
    expect(phone?.shown?.afterMs).toBeLessThan(20_000);
    expect(phone?.provenAgeMs).toBeUndefined();
    expect(reached.alarms.open.every(({ acknowledgement }) => acknowledgement === undefined)).toBe(true);
    await firefox.until(`document.querySelector("[data-test=shown]")?.innerText.includes("shown on it")`);

    // Just before the message would be repeated after half a minute, Ana answers.
    await sleep(24_000 - (performance.now() - rungAt));
    await firefox.until(tap("I'm going"));
    const silentMs = await until(() => speaker.players(home.line.pid) === 0, 2_000);
    expect(silentMs).toBeLessThan(2_000);
    const heardBytes = speaker.bytes;
    await live.until(
      ({ alarms }) => alarms.open.every(({ acknowledgement }) => acknowledgement !== undefined),
      5_000,
    );
    expect(live.bed()?.alarms.open[0]?.acknowledgement).toMatchObject({
      by: { name: "Ana" },
      place: "going",
    });
    // One; on a machine so busy that the tap came after half a minute, two.
    const rings = messages().filter(({ kind }) => kind === "alarm").length;
    expect(rings).toBeGreaterThanOrEqual(1);
    await firefox.until(`document.querySelector(".taken")?.innerText.includes("Ana is going")`);
    await sleep(8_000);
    expect(speaker.players(home.line.pid)).toBe(0);
    expect(speaker.bytes).toBe(heardBytes);

    // The mask is still off; only the word of the answer went out, no repeat, and every message carried the marks.
    expect(live.bed()?.alarms.open.some(({ id }) => id === occurrence?.id)).toBe(true);
    const sent = messages();
    expect(sent.filter(({ kind }) => kind === "alarm")).toHaveLength(rings);
    expect(sent.filter(({ kind }) => kind === "update").map(({ title }) => title)).toEqual([
      expect.stringMatching(/Ana is going/),
    ]);
    expect(sent).toHaveLength(rings + 1);
    for (const message of sent) {
      const tag = occurrence?.card ?? occurrence?.id;
      expect(message).toMatchObject({ tag, simulated: true, drill: true });
      expect(message.title).toContain("DRILL");
    }
    const observations = bus.filter(({ topic }) => topic.includes("/observation/"));
    expect(observations.length).toBeGreaterThan(60);
    expect(observations.filter(({ body }) => body["simulated"] !== true)).toEqual([]);

    const { code, words } = await home.stop();
    expect({ code, words }).toMatchObject({ code: 0 });
    expect(words).not.toMatch(/"level":"error"/);
  });
});
