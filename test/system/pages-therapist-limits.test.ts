import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { LANGUAGES } from "../../src/domain/person.ts";
import { wordsIn } from "../../src/words/index.ts";
import { createClinic } from "../support/clinic.ts";
import { bedState, NOW } from "../support/pages-beds.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  DESK,
  eventually,
  type OpenOptions,
  type OpenPage,
  overflowing,
  PHONE,
  startBrowser,
} from "../support/pages-browser.ts";
import { triedNights } from "../support/pages-limits.ts";
import { type PagesServer, problem, startPagesServer } from "../support/pages-server.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

let folder: string;
let browser: Browser;
let server: PagesServer;
const opened: OpenPage[] = [];

const SHOTS = process.env["BREATHWATCH_PICTURES"];

describe("the therapist's limits", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    folder = await builtPages();
    browser = await startBrowser();
  });
  beforeEach(async () => {
    server = await startPagesServer(folder);
    server.script.role = "therapist";
    server.script.beds = [bedState()];
  });
  afterEach(async () => {
    for (const { page } of opened.splice(0)) await page.close();
    await server.close();
  });
  afterAll(() => browser.close());

  async function open(options: OpenOptions = {}): Promise<OpenPage> {
    const open = await browser.open(`${server.url}/therapist#limits`, { size: DESK, ...options });
    opened.push(open);
    return open;
  }

  const picture = async ({ page }: OpenPage, name: string): Promise<void> => {
    if (SHOTS === undefined) return;
    await page.screenshot({ path: `${SHOTS}/${name}.png` });
    await page.locator(".limits-review").screenshot({ path: `${SHOTS}/${name}-review.png` });
  };

  /** Opens an alarm and types another number. */
  async function change({ page }: OpenPage, id: string, setting: string, value: string): Promise<void> {
    const condition = page.locator(`details[data-condition=${id}]`);
    if ((await condition.getAttribute("open")) === null) await condition.locator("summary").click();
    await page.locator(`#limit-${id}-${setting}`).fill(value);
    await page.locator(`#limit-${id}-${setting}`).blur();
  }

  const set = (limits: object) =>
    server.script.limits.desk.set(limits, {
      ...{ by: { id: "p1", name: "Mei" }, role: "therapist", reason: "too many at night", expected: 0 },
      ...{ confirmed: true, until: "changed" },
    });

  test.each(LANGUAGES)(
    "say where the box refused them, here and to the family, and why (%s)",
    async (language) => {
      server.script.beds = [bedState({ refusedSettings: "This box has newer limits. (CONFLICT)" })];
      const { settingsRefused } = wordsIn(language).pages.common;
      for (const path of ["/therapist#limits", "/"]) {
        server.script.role = path === "/" ? "caregiver" : "therapist";
        for (const size of [PHONE, DESK]) {
          const at = await browser.open(`${server.url}${path}`, { size, language });
          opened.push(at);
          const said = at.page.locator("[data-test=refused-settings]");
          await said.waitFor();
          await said.scrollIntoViewIfNeeded();
          const text = await said.innerText();
          expect(text).toContain(settingsRefused);
          expect(text).toContain("This box has newer limits.");
          if (SHOTS !== undefined) {
            const name = `refused-${path === "/" ? "family" : "limits"}-${language}-${size.width}`;
            await at.page.screenshot({ path: `${SHOTS}/${name}.png` });
          }
          expect([...(await overflowing(at.page)), ...at.troubles]).toEqual([]);
        }
      }
    },
  );

  test("are changed, tried on the nights that were, saved with a reason, and undone", async () => {
    const at = await open();
    const { page, troubles } = at;
    await change(at, "SPO2_LOW", "limit", "84");
    await page.getByText("Outside the recommended range").waitFor();
    await page.getByRole("button", { name: "Look at what changes" }).click();
    await page.getByText("88 % → 84 %").waitFor();
    await page.getByRole("button", { name: "Try on the last nights" }).click();
    await page.locator("[data-through=true]").waitFor();
    await eventually(() => page.locator(".what-if-sum").textContent()).toBe(
      "31 -> 5 alarms; 1 dips below 80 % lost",
    );
    await eventually(() => page.locator(".lost-dips li").allTextContents()).toEqual([
      expect.stringMatching(/down to 74 %, for 34 s/),
    ]);
    await picture(at, "limits-desk");

    const save = page.getByRole("button", { name: "Save", exact: true });
    await eventually(() => save.isDisabled()).toBe(true);
    await page.locator("input[name=confirm]").check();
    await save.click();
    await page.getByText("Please give a reason.").waitFor();
    await page.locator("input[name=reason]").fill("agreed with the clinic");
    await save.click();
    await page.getByText("Saved as version 1. It is in force.").waitFor();
    const put = server.asked.find(({ method }) => method === "PUT");
    expect(put?.body).toEqual({
      limits: { SPO2_LOW: { limit: 84 } },
      reason: "agreed with the clinic",
      confirm: true,
    });
    await eventually(() => page.locator(".in-force").textContent()).toContain("Wider until");

    await page.getByRole("button", { name: "Undo" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("84 % → 88 %").waitFor();
    await dialog.locator("input[name=reason]").fill("it was a mistake");
    await dialog.getByRole("button", { name: "Go back to version 0" }).click();
    await page.getByText("Saved as version 2. It is in force.").waitFor();
    await eventually(() => page.locator(".versions").textContent()).toContain("it was a mistake");
    expect(troubles).toEqual([]);
  });

  test("takes no number that is not possible, and says what is", async () => {
    const at = await open();
    await change(at, "SPO2_LOW", "limit", "50");
    await at.page.getByText("Not possible: 75 % to 95 %.").waitFor();
    await change(at, "SPO2_LOW", "limit", "many");
    await at.page.getByText("Please enter a number.").waitFor();
    await eventually(() => at.page.getByRole("button", { name: "Look at what changes" }).count()).toBe(0);
  });

  test("a preset is looked at as every other change, and dropped without a trace", async () => {
    const at = await open();
    await at.page.getByRole("button", { name: "Oxygen low every night" }).click();
    await at.page.getByRole("button", { name: "Look at what changes" }).click();
    await at.page.locator(".changes li").first().waitFor();
    await at.page.getByRole("button", { name: "Drop these changes" }).click();
    await at.page.getByText("Nothing has been changed on this page yet.").waitFor();
    expect(server.asked.some(({ method }) => method === "PUT")).toBe(false);
  });

  test("a clinic's code is taken over once a person has compared its digits", async () => {
    const { page, troubles } = await open();
    const clinic = await createClinic();
    const code = await clinic.sign({
      ...{ clinic: "City clinic", name: "Low nights", issue: 2, issuedAt: NOW, dependencyClass: "B" },
      limits: { SPO2_LOW: { limit: 86 } },
    });
    await page.getByText("Code from the clinic").click();
    await page.locator("textarea[name=code]").fill("BW1:nonsense");
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.locator(".clinic-code .trouble").waitFor();
    await page.locator("textarea[name=code]").fill(` ${code} `);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText("88 % → 86 %").waitFor();
    const use = page.getByRole("button", { name: "Use these" });
    await eventually(() => use.isDisabled()).toBe(true);
    await page.locator("input[name=same]").check();
    await use.click();
    await page.getByText("Saved as version 1. It is in force.").waitFor();
    await eventually(() => page.locator(".in-force").textContent()).toContain("City clinic, Low nights");
    // The refusal of nonsense is told by the browser as well.
    expect(troubles.filter((text) => !text.includes("422"))).toEqual([]);
  });

  test("shows what somebody else did meanwhile instead of overwriting it", async () => {
    const at = await open();
    await change(at, "SPO2_LOW", "limit", "86");
    await at.page.getByRole("button", { name: "Look at what changes" }).click();
    await at.page.locator("input[name=reason]").fill("agreed");
    await set({ SPO2_LOW: { limit: 90 } });
    await at.page.getByRole("button", { name: "Save", exact: true }).click();
    await at.page.getByText("NOT saved. The limits before are in force.").waitFor();
    expect((await server.script.limits.desk.picture()).file).toEqual({ SPO2_LOW: { limit: 90 } });
  });

  test("says so when nothing is lost, when nights are few, when it broke off, and when there are none", async () => {
    const at = await open();
    await change(at, "SPO2_LOW", "limit", "86");
    await at.page.getByRole("button", { name: "Look at what changes" }).click();
    const again = async (): Promise<void> =>
      at.page.getByRole("button", { name: "Try on the last nights" }).click();
    server.script.limits.whatIf = [...triedNights(0)];
    await again();
    await at.page.getByText("No dip below 80 % is lost.").waitFor();
    server.script.limits.whatIf = [...triedNights(0)].filter(({ kind }, n) => kind !== "night" || n < 4);
    await again();
    await at.page.getByText("Only 3 nights are recorded").waitFor();
    server.script.limits.whatIf = [...triedNights(0)].slice(0, 4);
    await again();
    await at.page.getByText("It ended too early").waitFor();
    server.script.limits.whatIf = [
      { kind: "begun", nights: 0, criticalLimit: 80, simulated: false },
      ...[...triedNights(0)].slice(-1),
    ];
    await again();
    await at.page.getByText("No night is recorded yet").waitFor();
  });

  test("says what failed and tries again", async () => {
    server.script.refusals.set("GET /api/beds/b1/limits", problem(500, "STORE_FAILED", "The disk is gone."));
    const { page } = await open();
    await page.locator(".trouble").waitFor();
    server.script.refusals.clear();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".limits-group").first().waitFor();
  });

  for (const size of [PHONE, DESK]) {
    test(`fits ${size.width} x ${size.height} in three languages and is readable for everybody`, async () => {
      await set({ SPO2_LOW: { limit: 84 }, SPO2_WARN: { on: false } });
      const at = await open({ size });
      const { page, troubles } = at;
      await page.locator(".limits-group").first().waitFor();
      await change(at, "PR_HIGH", "limit", "125");
      await page.getByRole("button", { name: "Look at what changes" }).click();
      await page.locator(".what-if button").first().click();
      await page.locator("[data-through=true]").waitFor();
      const faults: string[] = [];
      for (const language of LANGUAGES) {
        await page.locator(`.languages [lang=${language}]`).click();
        await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
        await picture(at, `limits-${size.width}-${language}`);
        await page.evaluate("probe.openAll()");
        faults.push(...(await overflowing(page)).map((fault) => `${language}: ${fault}`));
      }
      faults.push(...(await accessibilityFaults(page)));
      expect([...faults, ...troubles]).toEqual([]);
    });
  }
});
