// The technician's page on a phone: against a real demo, from the scenario button to the printed protocol; and against
// a server of our own for how it looks.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { LANGUAGES } from "../../src/domain/person.ts";
import { startCommandLine } from "../support/command-line.ts";
import { temporaryFolder } from "../support/home.ts";
import { bedState, signalsAt } from "../support/pages-beds.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  DESK,
  eventually,
  overflowing,
  startBrowser,
} from "../support/pages-browser.ts";
import { startPagesServer } from "../support/pages-server.ts";
import { requires } from "../support/require.ts";
import { run } from "../support/terminal.ts";

const { describe, test } = requires("chromium");

const PHONE_390 = { width: 390, height: 844 };
const SCENARIO = `
name: Short
seed: 1
seconds: 6
class: B
events:
  - { at: 1, event: flip, device: ventilator, share: 0.2 }
  - { at: 2, event: call }
expect:
  - { condition: PATIENT_CALL, by: 5 }
never: [SPO2_CRIT]
`;

let pages: string;
let browser: Browser;

describe("the technician's page", () => {
  beforeAll(async () => {
    pages = await builtPages();
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  async function openAt(url: string, size: { readonly width: number; readonly height: number }) {
    const opened = await browser.open(url, { size });
    onTestFinished(() => opened.page.close());
    return opened;
  }

  test("plays a scenario, shows live frames, saves a recording that decodes, and prints a protocol of one page", {
    timeout: 120_000,
  }, async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, "short.yaml");
    writeFileSync(file, SCENARIO);
    const data = path.join(folder, "data");
    const demo = startCommandLine(["demo", "--port", "0", "--data", data, "--scenario", file]);
    const address = await demo.line(0);
    const { page, troubles } = await openAt(address.replace("/#", "/technician#"), PHONE_390);
    await page.locator("input[name=name]").fill("Li Wei");
    await page.locator("form.sign-in button[type=submit]").click();

    // The scenario ticks off what it asks for.
    await page.locator("#simulation select").selectOption("short");
    await page.getByRole("button", { name: "Play", exact: true }).click();
    const played = page.locator('.played[data-scenario="short"]');
    const call = played.locator("[data-condition=PATIENT_CALL]");
    await eventually(() => call.getAttribute("data-state")).toBe("came");
    await eventually(() => page.locator('[data-cable="ventilator"]').innerText()).toContain(
      "noise (bits flip)",
    );

    // A slider moves the patient.
    await page.locator("[data-knob=leak]").fill("20");
    await eventually(() => page.locator(".slider strong").first().innerText()).toBe("20.0");

    // Frames of the finger sensor, and its last ten minutes as a file.
    const sensor = page.locator(".device").first();
    await sensor.getByText("Live frames").click();
    await sensor.locator("tbody tr").first().waitFor();
    await eventually(() => sensor.locator("tbody").innerText()).toMatch(/SpO2 \d\d/);
    await sensor.getByText("Flight recorder").click();
    const waiting = page.waitForEvent("download");
    await sensor.getByRole("button", { name: "Save the last 10 minutes" }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toMatch(
      /^breathwatch-nonin-serial-\d{8}T\d{6}Z-SIMULATED\.transcript$/,
    );
    const saved = path.join(folder, "saved.transcript");
    await download.saveAs(saved);
    expect(readFileSync(saved, "utf8")).toMatch(/^simulated: yes$/m);
    const decoded = await run(["decode", "--device", "nonin-serial", "--input", saved]);
    expect(decoded.data).toMatch(/"spo2":\d\d/);

    // Commissioning, to the printed sheet.
    const sounder = page.locator("[data-check=sounder]");
    await sounder.locator("summary").click();
    await sounder.getByRole("button", { name: "Heard at the pillow" }).click();
    await sounder.locator("[data-step=sounder_heard][data-result=passed]").waitFor();
    await page.getByLabel("Remarks").fill("On the shelf.");
    await page.getByRole("button", { name: "Close the protocol" }).click();
    const sheet = page.locator(".protocol");
    await sheet.waitFor();
    await eventually(() => sheet.locator("[data-step=sounder_heard]").innerText()).toMatch(/passed.*Li Wei/s);
    await eventually(() => sheet.innerText()).toContain("SIMULATED");
    const printed = await page.pdf({ preferCSSPageSize: true });
    expect(printed.toString("latin1").match(/\/Type \/Page\b(?!s)/g)).toHaveLength(1);
    await page.emulateMedia({ media: "print" });
    await eventually(() => page.locator("header").isVisible()).toBe(false);
    await eventually(() => page.locator(".device").first().isVisible()).toBe(false);
    expect(troubles).toEqual([]);
    demo.kill("SIGTERM");
    expect((await demo.ended).code).toBe(0);
  });

  test("with everything open fits a phone and a desk in three languages and is readable for everybody", {
    timeout: 30_000,
  }, async () => {
    const server = await startPagesServer(pages);
    onTestFinished(() => server.close());
    const { page, troubles } = await openAt(`${server.url}/technician`, PHONE_390);
    await page.locator(".protocols button").last().click();
    await page.locator(".protocol").waitFor();
    const faults: string[] = [];
    for (const size of [PHONE_390, DESK]) {
      await page.setViewportSize(size);
      for (const language of LANGUAGES) {
        await page.locator(`.languages [lang=${language}]`).click();
        await page.evaluate("probe.openAll()");
        await page.locator(".device tbody tr").first().waitFor();
        faults.push(...(await overflowing(page)).map((fault) => `${language} ${size.width}: ${fault}`));
      }
      faults.push(...(await accessibilityFaults(page)));
    }
    expect([...faults, ...troubles]).toEqual([]);
  });

  test("says in words how the box itself is, the worst first", { timeout: 30_000 }, async () => {
    const server = await startPagesServer(pages);
    onTestFinished(() => server.close());
    const { page } = await openAt(`${server.url}/technician`, PHONE_390);
    await page.locator(".languages [lang=en]").click();
    await eventually(() => page.locator(".health li").allTextContents()).toEqual([
      "DOES NOT WORK: The loudspeaker makes no sound: nobody in the house hears an alarm from this box. no output",
      "Look at this: 83 % of the disk is used. Make room, or keep waveforms for less time.",
      "Good: The clock is right.",
    ]);
  });

  test("ticks the states of the alarm contact when the box sees it change, and counts a night", {
    timeout: 30_000,
  }, async () => {
    const server = await startPagesServer(pages);
    onTestFinished(() => server.close());
    const contact = server.script.devices[0];
    if (contact === undefined) throw new Error("the script has a device");
    server.script.devices = [{ ...contact, signals: ["remote_alarm"], options: { wiring: "both" } }];
    server.script.commissionings = [];
    const say = (remote_alarm: number) =>
      server.state(bedState({ signals: signalsAt(400, { remote_alarm }) }));
    const { page } = await openAt(`${server.url}/technician`, PHONE_390);
    const reading = page.locator("[data-check=contact] .reading");
    await page.locator("[data-check=contact] summary").click();
    await reading.waitFor();
    const asked = () =>
      server.asked.flatMap(({ path: to, body }) => (to.endsWith("/commissionings/steps") ? [body] : []));
    for (const value of [0, 1, 0]) {
      say(value);
      await eventually(() => reading.getAttribute("data-reading")).toBe(value === 0 ? "well" : "alarm");
    }
    await eventually(asked).toEqual([
      { step: "contact_alarm", result: "passed", how: "seen" },
      { step: "contact_rest", result: "passed", how: "seen" },
    ]);

    const night = page.locator("[data-check=reception]");
    await night.locator("summary").click();
    await night.getByRole("button", { name: "Count" }).click();
    await night.getByRole("button", { name: "Write it down" }).click();
    await eventually(asked).toContainEqual({
      ...{ step: "reception", result: "failed", how: "seen", value: 94.9 },
      note: "Nonin: 94.9 % of the seconds, longest gap 3 min 32 s",
    });
  });
});
