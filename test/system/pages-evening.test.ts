// The evening check on the caregiver's page, in a real browser: the button, each phone as it answers, the line.
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { LANGUAGES } from "../../src/domain/person.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, wall } from "../../src/domain/time.ts";
import { CHANNEL_MODULES } from "../../src/notify/modules.ts";
import { createLedDesk, type LedDesk } from "../support/evening-desk.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  DESK,
  eventually,
  type OpenPage,
  overflowing,
  startBrowser,
} from "../support/pages-browser.ts";
import { requires } from "../support/require.ts";
import { type Harness, NOW, startHarness } from "../unit/server/harness.ts";

const { describe, test } = requires("chromium");

const IPHONE = { width: 390, height: 844 } as const;
/** Where pictures go for whoever wants to look. */
const PICTURES = process.env["BREATHWATCH_PICTURES"];

const MEI = { id: "mei", label: "iPhone · Bark", person: "mei", name: "Mei", channel: "bark" };
const BA = { id: "ba", label: "Android · ntfy", person: "ba", name: "Ba", channel: "ntfy" };

let pages: string;
let browser: Browser;

/** What the box tells of its phones. */
function tellPhones(harness: Harness, provenAgeMs: { readonly mei?: number; readonly ba?: number }): void {
  const target = ({ id, label, name, channel }: typeof MEI) => ({
    id,
    label,
    person: name,
    personId: id,
    channel,
  });
  harness.live.readiness({
    ...{ sounder: { ok: true, detail: "" }, durable: true },
    targets: [
      {
        ...target(MEI),
        ...(provenAgeMs.mei === undefined ? {} : { provenAgeMs: provenAgeMs.mei, loudAgeMs: 9 * DAY_MS }),
      },
      { ...target(BA), ...(provenAgeMs.ba === undefined ? {} : { provenAgeMs: provenAgeMs.ba }) },
    ],
  });
}

async function open(desk?: LedDesk): Promise<OpenPage & { readonly harness: Harness }> {
  const harness = await startHarness({
    channels: CHANNEL_MODULES,
    pagesFolder: pages,
    ...(desk === undefined ? {} : { evening: desk }),
  });
  onTestFinished(() => harness.close());
  tellPhones(harness, { ba: 5 * DAY_MS });
  await harness.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = harness.app.server.address() as { port: number };
  const url = `http://localhost:${port}`;
  const [name = "", value = ""] = (await harness.signIn("caregiver", "Mei")).split("=");
  await browser.context.clearCookies();
  await browser.context.addCookies([{ name, value, url }]);
  const opened = await browser.open(`${url}/`, { size: IPHONE });
  onTestFinished(() => opened.page.close());
  return { ...opened, harness };
}

/** Looks at the card in three languages and two sizes. */
async function everywhere({ page, troubles }: OpenPage, name: string): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const size of [IPHONE, DESK]) {
    await page.setViewportSize(size);
    for (const language of LANGUAGES) {
      await page.locator(`.languages [lang=${language}]`).click();
      await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
      if (PICTURES !== undefined) {
        await page
          .locator(".evening")
          .screenshot({ path: `${PICTURES}/${name}-${language}-${size.width}.png` });
        await page.screenshot({ path: `${PICTURES}/${name}-${language}-${size.width}-page.png` });
      }
      faults.push(...(await overflowing(page)).map((fault) => `${language} ${size.width}: ${fault}`));
    }
    faults.push(...(await accessibilityFaults(page)));
  }
  await page.locator(".languages [lang=en]").click();
  await page.setViewportSize(IPHONE);
  return [...faults, ...troubles];
}

describe("the evening check on the caregiver's page", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    pages = await builtPages();
    browser = await startBrowser();
  }, 120_000);
  afterAll(() => browser.close());

  test("goes from the reminder to the line, phone by phone", async () => {
    const desk = createLedDesk(NOW, [MEI, BA]);
    const opened = await open(desk);
    const { page, harness } = opened;
    const line = page.locator("[data-test=protection]");
    await eventually(() => line.innerText()).toBe(
      "Nobody's phone has proved itself: everybody is called at once. Test now.",
    );
    await page.getByText("Tonight's check has not been done yet.").waitFor();
    await page.locator(".evening details summary").first().click();
    await page.getByText("Ba · Android · ntfy: has never rung aloud").waitFor();
    expect(await everywhere(opened, "before")).toEqual([]);

    await page.locator(".evening-start").click();
    expect(desk.requests).toEqual([{ kind: "quiet", by: "Mei" }]);
    await page.locator("[data-checked=mei][data-state=asking]").waitFor();
    expect(await page.getByText("Tonight's check has not been done yet.").count()).toBe(0);
    desk.phone("mei", { askedMs: 3_900, acceptedMs: 4_150 });
    desk.phone("ba", { askedMs: 3_900, trouble: "the push service answered 503" });
    await page.locator("[data-checked=mei][data-state=accepted]").waitFor();
    await page.locator("[data-checked=ba][data-state=trouble]").waitFor();
    expect(await everywhere(opened, "running")).toEqual([]);

    desk.phone("mei", { answeredMs: 6_000 });
    tellPhones(harness, { mei: MINUTE_MS, ba: 5 * DAY_MS });
    desk.due = { check: false, begins: false };
    desk.end("time");
    await eventually(() => line.innerText()).toMatch(
      /^Protected tonight: Mei \(proven 21:59\)\. Ba is rung too, but that phone has not proved itself since Monday\.$/,
    );
    await page.getByText("answered after 6.0 s").waitFor();
    await page.getByText("Not every phone answered within 3 minutes.").waitFor();
    expect(await everywhere(opened, "after")).toEqual([]);
  });

  test("lets whoever has no phone prove the sounder at the pillow", async () => {
    const desk = createLedDesk(wall(NOW - 20_000), []);
    const opened = await open(desk);
    const { page, harness } = opened;
    harness.live.readiness({ sounder: { ok: true, detail: "" }, durable: true, targets: [] });
    const line = page.locator("[data-test=protection]");
    await eventually(() => line.innerText()).toBe(
      "There is no phone: nobody outside of the room is woken. Add one, or prove the sounder at the pillow.",
    );
    await page.getByRole("button", { name: "Try the sounder" }).click();
    await page.getByText("Did you hear it where you sleep?").waitFor();
    expect(desk.requests).toEqual([{ kind: "pillow", by: "Mei" }]);
    expect(await everywhere(opened, "pillow-asks")).toEqual([]);
    await page.getByRole("button", { name: "I heard it" }).click();
    await eventually(() => line.innerText()).toMatch(
      /^Protected tonight by the sounder at the pillow \(Mei heard it there \d\d:\d\d\)\.$/,
    );
    expect(await page.locator("[data-test=pillow-last]").innerText()).toMatch(
      /^Heard at the pillow .*\(Mei\)\.$/,
    );
    expect(await everywhere(opened, "pillow-heard")).toEqual([]);
    // A sounder that broke since protects nobody.
    harness.live.readiness({ sounder: { ok: false, detail: "no output" }, durable: true, targets: [] });
    await page.reload();
    await eventually(() => line.innerText()).toContain("The sounder in the house does not work.");
  });

  test("protects nobody by a phone that may stay silent", async () => {
    const opened = await open(createLedDesk(NOW, [MEI, BA]));
    opened.harness.live.readiness({
      ...{ sounder: { ok: true, detail: "" }, durable: true },
      targets: [
        {
          id: "mei",
          label: "Safari",
          person: "Mei",
          personId: "mei",
          channel: "web-push",
          provenAgeMs: MINUTE_MS,
        },
      ],
    });
    await eventually(() => opened.page.locator("[data-test=protection]").innerText()).toBe(
      "No phone that can ring through silence has proved itself: test one, or add one. " +
        "Mei is told (proven 21:59), but that phone may stay silent at night.",
    );
    expect(await everywhere(opened, "silent")).toEqual([]);
  });

  test("rings aloud by choice with the sounder, and is stopped", async () => {
    const desk = createLedDesk(NOW, [MEI, BA]);
    const { page, troubles } = await open(desk);
    await page.locator(".evening details summary").first().click();
    await page.getByLabel("with the sounder in the house").check();
    await page.getByRole("button", { name: "Start the loud drill" }).click();
    await page.locator(".evening").getByRole("button", { name: "Stop" }).click();
    await page.getByText("The check was stopped.").waitFor();
    expect(desk.requests).toEqual([{ kind: "loud", sounder: true, by: "Mei" }, "stop"]);
    expect(troubles).toEqual([]);
  });

  test("takes the home's time for it, and whether it begins by itself", async () => {
    const desk = createLedDesk(NOW, [MEI]);
    const { page, troubles } = await open(desk);
    const time = page.locator(".evening-settings input[type=time]");
    await eventually(() => time.inputValue()).toBe("21:30");
    await time.fill("20:45");
    await eventually(() => desk.requests).toEqual([{ on: true, atMinute: 20 * 60 + 45 }]);
    await page.locator(".evening-settings input[type=checkbox]").uncheck();
    await eventually(() => desk.requests.at(-1)).toEqual({ on: false, atMinute: 20 * 60 + 45 });
    expect(troubles).toEqual([]);
  });

  test("says where it is done, on a page of another machine than the box", async () => {
    const { page, harness } = await open();
    tellPhones(harness, { mei: HOUR_MS });
    await page.getByText("start the check on the box's own page", { exact: false }).waitFor();
    await eventually(() => page.locator("[data-test=protection]").innerText()).toContain(
      "Protected tonight: Mei (proven 21:00)",
    );
    expect(await page.locator(".evening-start").count()).toBe(0);
  });
});
