// Who is called when about an alarm, on the real server's routes, in a real browser.
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { answersOf } from "../../src/alarm/answers.ts";
import { LANGUAGES } from "../../src/domain/person.ts";
import { HOUR_MS, wall } from "../../src/domain/time.ts";
import { CHANNEL_MODULES } from "../../src/notify/modules.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  DESK,
  eventually,
  overflowing,
  startBrowser,
} from "../support/pages-browser.ts";
import { requires } from "../support/require.ts";
import { BED, NOW, startHarness } from "../unit/server/harness.ts";

const { describe, test } = requires("chromium");

const PICTURES = process.env["BREATHWATCH_PICTURES"];
const IPHONE = { width: 390, height: 844 } as const;

describe("who is called when, on the page", { timeout: 120_000 }, () => {
  let pages: string;
  let browser: Browser;
  beforeAll(async () => {
    pages = await builtPages();
    browser = await startBrowser();
  }, 120_000);
  afterAll(() => browser.close());

  /** Mei on duty with a phone and a line, Ba and an aunt with a phone each; the aunt's has proved nothing. */
  const house = async () => {
    const harness = await startHarness({
      ...{ pagesFolder: pages, channels: CHANNEL_MODULES },
      beds: [{ ...BED, answers: answersOf("B"), dependencyClass: "B" }],
    });
    onTestFinished(() => harness.close());
    await harness.app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = harness.app.server.address() as { port: number };
    const url = `http://localhost:${port}`;
    const mei = await harness.person("owner", "Mei");
    const ba = await harness.person("caregiver", "Ba");
    const aunt = await harness.person("caregiver", "Aunt");
    const phones = [
      ["mei-push", mei.id, "bark", "iPhone", 1],
      ["mei-call", mei.id, "twilio", "138…", 1],
      ["ba-push", ba.id, "bark", "iPhone", 1],
      ["aunt-push", aunt.id, "ntfy", "Xiaomi", 100],
    ] as const;
    for (const [id, person, channel, label, hours] of phones) {
      await harness.state.putTarget({
        ...{ id, person, channel, label, settings: {}, addedAt: wall(NOW - 200 * HOUR_MS) },
        lastProofAt: wall(NOW - hours * HOUR_MS),
      });
    }
    await harness.state.adoptDuty({
      ...{ bed: "b1", version: 1, at: wall(NOW), by: { id: mei.id, name: "Mei" }, change: "rota" },
      rota: [{ person: mei.id, weekday: 6, from: 1_260, to: 540 }],
      handovers: [],
    });
    const cookie = await harness.signIn("owner", "Mei");
    const [name = "", value = ""] = cookie.split("=");
    await browser.context.clearCookies();
    await browser.context.addCookies([{ name, value, url }]);
    const opened = await browser.open(`${url}/`, { size: IPHONE });
    onTestFinished(() => opened.page.close());
    return { ...opened, harness, people: { mei, ba, aunt } };
  };

  test("is a picture of lines that begin one after the other; what somebody chooses moves them", async () => {
    const { page, troubles, harness, people } = await house();
    const card = page.locator(".calling");
    const plan = card.locator("[data-test=calling-plan] li");
    const lines = async (): Promise<string[]> =>
      (await plan.allInnerTexts()).map((text) =>
        // What is only for those who hear the page.
        text
          .replaceAll(/\s+/g, " ")
          .replace(/has (not )?proved that it rings /, "")
          .trim(),
      );
    const everything =
      "Everything: the siren in the patient's room too, and the screens say what to do 02:05";
    await page.locator(".languages [lang=en]").click();
    await eventually(lines).toEqual([
      "The sounder in the house 02:00",
      "✓ Mei · iPhone 02:00 Bark · can ring through silence",
      "✓ Mei · 138… 02:00:30 Twilio · as a call",
      "✓ Ba · iPhone 02:01 Bark · can ring through silence",
      "? Aunt · Xiaomi 02:01 ntfy · can ring through silence",
      everything,
    ]);
    await card.getByRole("button", { name: "Warning" }).click();
    await eventually(lines).toEqual([
      "The sounder in the house 02:00",
      "✓ Mei · iPhone 02:00 Bark · can ring through silence",
      "✓ Mei · 138… 02:02 Twilio · as a call",
      "✓ Ba · iPhone 02:05 Bark · can ring through silence",
      "? Aunt · Xiaomi 02:05 ntfy · can ring through silence",
    ]);
    await card.getByText("Change", { exact: true }).click();
    await card.getByLabel("Aunt, when somebody else is on duty").selectOption("last");
    await card.getByLabel("138…: urgent alarms").selectOption("0");
    await card.locator(".calling-backstops summary").click();
    await card.locator(".calling-backstops input").first().check();
    await card.getByRole("button", { name: "Save" }).click();
    await eventually(lines).toContain("? Aunt · Xiaomi not for this ntfy · can ring through silence");
    await card.getByRole("button", { name: "Urgent alarm" }).click();
    await eventually(lines).toEqual([
      "The sounder in the house 02:00",
      "✓ Mei · iPhone 02:00 Bark · can ring through silence",
      "✓ Mei · 138… 02:00 Twilio · as a call",
      "✓ Ba · iPhone 02:01 Bark · can ring through silence",
      "? Aunt · Xiaomi 02:04 ntfy · can ring through silence",
      everything,
    ]);
    // At noon nobody has the duty, and the proofs of the night are too old.
    await card.getByLabel("Time of the alarm").fill("20:00");
    await eventually(lines).toContain("? Ba · iPhone 20:00 Bark · can ring through silence");
    await card.getByLabel("Time of the alarm").fill("02:00");
    await eventually(lines).toContain("✓ Ba · iPhone 02:01 Bark · can ring through silence");
    const kept = await harness.state.duty("b1");
    expect(kept?.backstops).toHaveLength(1);
    expect(kept?.calling?.map(({ person }) => person).toSorted()).toEqual(
      [people.aunt.id, people.mei.id].toSorted(),
    );
    expect(kept?.rota).toHaveLength(1);
    const faults: string[] = [];
    for (const size of [IPHONE, DESK]) {
      await page.setViewportSize(size);
      for (const language of LANGUAGES) {
        await page.locator(`.languages [lang=${language}]`).click();
        await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
        if (PICTURES !== undefined) {
          await card.screenshot({ path: `${PICTURES}/calling-${language}-${size.width}.png` });
        }
        const where = `${language} ${size.width}`;
        faults.push(...(await overflowing(page)).map((one) => `${where}: ${one}`));
        faults.push(...(await accessibilityFaults(page)).map((one) => `${where}: ${one}`));
      }
    }
    expect(faults).toEqual([]);
    expect(troubles).toEqual([]);
  });

  test("with nobody's phone proven says that everybody is called at once, and without any that the sounder is alone", async () => {
    const { page, harness } = await house();
    await page.locator(".languages [lang=en]").click();
    for (const target of await harness.state.targets()) {
      const { lastProofAt: _none, ...unproven } = target;
      await harness.state.putTarget(unproven);
    }
    await page.reload();
    const card = page.locator(".calling");
    await eventually(() => card.innerText()).toContain("No phone has proved itself lately");
    const whens = await card.locator(".calling-when").allInnerTexts();
    expect(new Set(whens)).toEqual(new Set(["02:00", "02:05"]));
    for (const { id } of await harness.state.targets()) await harness.state.removeTarget(id, wall(1));
    await page.reload();
    await eventually(() => card.innerText()).toContain("The sounder in the house rings alone");
    const lines = await card.locator("[data-test=calling-plan] li").allInnerTexts();
    expect(lines.map((line) => line.replaceAll(/\s+/g, " ").trim())).toEqual([
      "The sounder in the house at once",
      "Nobody has answered after 5 min",
    ]);
    expect(await card.innerText()).toContain(
      "After 5 min without an answer the patient's room has the siren",
    );
    const faults: string[] = [];
    for (const size of [IPHONE, DESK]) {
      await page.setViewportSize(size);
      for (const language of LANGUAGES) {
        await page.locator(`.languages [lang=${language}]`).click();
        await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
        if (PICTURES !== undefined) {
          await card.screenshot({ path: `${PICTURES}/calling-alone-${language}-${size.width}.png` });
        }
        const where = `${language} ${size.width}`;
        faults.push(...(await overflowing(page)).map((one) => `${where}: ${one}`));
        faults.push(...(await accessibilityFaults(page)).map((one) => `${where}: ${one}`));
      }
    }
    expect(faults).toEqual([]);
  });
});
