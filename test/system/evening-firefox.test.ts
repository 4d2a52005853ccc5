// The evening check with nothing left out: the button on the real page, a virtual finger in a home in its own process, an
// encrypted push to a real Firefox, the tap, and the line that says what tonight rests on.
import { expect, onTestFinished } from "vitest";
import { createCertificate } from "../support/certificate.ts";
import { runCommand } from "../support/command-line.ts";
import { type Firefox, pushPreferences, startFirefox } from "../support/firefox.ts";
import {
  scheduleFarFromNow,
  startHome,
  temporaryFolder,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";
import { createPtyBed } from "../support/home-bed.ts";
import { builtPages } from "../support/pages-browser.ts";
import { startPushService } from "../support/push-service.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("firefox", "openssl", "socat");

const tap = (words: string): string => `(() => {
  const button = [...document.querySelectorAll("button")].find((one) => one.textContent === ${JSON.stringify(words)});
  button?.click();
  return button !== undefined;
})()`;

/** What the service worker does with a tap, wherever on the message that asks; by this machine's own name for the home. */
const ANSWER = `navigator.serviceWorker.ready
  .then((registration) => registration.getNotifications())
  .then((list) => list.find(({ data }) => data?.check !== undefined && data.acknowledgeUrl !== undefined))
  .then((shown) => shown === undefined ? false
    : fetch(new URL(shown.data.acknowledgeUrl, location.origin).pathname, { method: "POST", credentials: "omit" }).then(({ status }) => status === 200))`;

interface Shown {
  readonly title: string;
  readonly lasting: boolean;
  readonly check?: string;
}

const shownIn = async (firefox: Firefox): Promise<readonly Shown[]> =>
  JSON.parse(
    String(
      await firefox.evaluate(`navigator.serviceWorker.ready
        .then((registration) => registration.getNotifications())
        .then((list) => JSON.stringify(list.map(({ title, requireInteraction, data }) =>
          ({ title, lasting: requireInteraction, check: data?.check }))))`),
    ),
  ) as Shown[];

const line = `document.querySelector("[data-test=protection]")?.innerText ?? ""`;

describe("an evening check", () => {
  test("goes from the button to the tap and the line in less than 20 s, and touches nothing of the bed", {
    timeout: 240_000,
  }, async () => {
    await builtPages();
    const folder = temporaryFolder();
    const certificate = createCertificate();
    onTestFinished(() => certificate.remove());
    const service = await startPushService(certificate);
    onTestFinished(() => service.stop());
    const beds = await createPtyBed(22);
    const config = writeHomeConfig(folder, {
      beds: [{ id: "b1", label: "Bed", watch: scheduleFarFromNow(), devices: beds.devices }],
      channels: { webPush: { subject: "mailto:family@example.org", allowPrivateEndpoints: true } },
    });
    const [home, firefox] = await Promise.all([
      startHome(["home", "--config", config], {
        folder,
        dataDir: `${folder}/data`,
        environment: { NODE_EXTRA_CA_CERTS: certificate.certPath },
      }),
      startFirefox(pushPreferences(service.socketUrl)),
    ]);
    onTestFinished(() => firefox.close());
    const live = await watchBeds(home);
    beds.switchOn();

    await firefox.goTo(home.address);
    await firefox.until(`document.querySelector("form.sign-in") !== null`);
    await firefox.evaluate(`(() => {
      const input = document.querySelector("input[name=name]");
      input.value = "Mei";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    })()`);
    await firefox.evaluate(`document.querySelector("form.sign-in button[type=submit]").click()`);
    await firefox.until(`(${line}).startsWith("There is no phone")`);
    await firefox.until(tap("Start the night"));
    await live.until(({ readiness }) => readiness.targets.length === 1, 20_000);
    await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 20_000);
    await firefox.until(`(${line}).startsWith("Nobody's phone has proved itself")`);

    const began = performance.now();
    await firefox.until(`(() => {
      const button = document.querySelector(".evening-start");
      button?.click();
      return button !== null;
    })()`);
    await firefox.until(`document.querySelector(".check-phones [data-state=accepted]") !== null`);
    // Its service has taken it; the browser still has to bring it.
    await expect
      .poll(() => shownIn(firefox), { timeout: 15_000 })
      .toMatchObject([{ title: "Evening check: tap once", lasting: false, check: "quiet" }]);
    await firefox.until(ANSWER);
    await firefox.until(
      `/Mei is told \\(proven \\d\\d:\\d\\d\\), but that phone may stay silent/.test(${line})`,
    );
    const tookMs = performance.now() - began;
    expect(tookMs).toBeLessThan(20_000);
    await firefox.until(`document.querySelector(".check-phones [data-state=answered]") !== null`);

    // One message that asks, encrypted and readable; the bed has heard nothing of it.
    expect(service.events.filter(({ kind }) => kind === "undecryptable")).toEqual([]);
    expect(service.accepted.length).toBeLessThanOrEqual(2);
    expect(live.bed()?.alarms.open).toEqual([]);
    expect(live.bed()?.alarms.drillUntil).toBeUndefined();

    // The same by the command line: it ends when the phone has answered.
    const asked = runCommand(["drill", "--evening", "--data", home.dataDir]);
    await firefox.until(ANSWER);
    const done = await asked;
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.data)).toMatchObject({ kind: "quiet", end: "done", phones: [{ name: "Mei" }] });

    const { code, words } = await home.stop();
    expect({ code, words }).toMatchObject({ code: 0 });
    expect(words).not.toMatch(/"level":"error"/);
  });
});
