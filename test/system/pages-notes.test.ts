// What people write down about a bed, on the real server's routes: mornings, ALSFRS-R items and duty, each person with a
// browser and a sign-in of their own.
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { LANGUAGES, type Role } from "../../src/domain/person.ts";
import { atLocal, type Night, wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { Clock } from "../../src/port/clock.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  DESK,
  eventually,
  type OpenPage,
  overflowing,
  PHONE,
  startBrowser,
} from "../support/pages-browser.ts";
import { requires } from "../support/require.ts";
import { type Harness, type HarnessOptions, startHarness } from "../unit/server/harness.ts";

const { describe, test } = requires("chromium");

const ZONE = "Asia/Shanghai";
/** A Sunday morning: the night of Saturday is over in two hours. */
const SEVEN = atLocal("2026-01-11", 7 * 60, ZONE);
const TWO_AT_NIGHT = atLocal("2026-01-11", 2 * 60, ZONE);
const PICTURES = process.env["BREATHWATCH_PICTURES"];
const IPHONE = { width: 390, height: 844 } as const;

let pages: string;
/** A browser for each person. */
const browsers: Browser[] = [];

/** Goes on like the real one, from another time of day on. */
function clockFrom(start: number): Clock {
  const real = createClock();
  const ahead = start - real.wall();
  return { ...real, mono: () => real.mono(), wall: () => wall(real.wall() + ahead) };
}

/** A box that has written nothing down of its nights yet. */
const NO_NIGHTS: NonNullable<HarnessOptions["nights"]> = {
  schedule: () => undefined,
  entries: () => [],
};

interface House {
  readonly harness: Harness;
  readonly url: string;
  /** Opens a page as somebody, in a browser of their own. */
  open(index: number, role: Role, name: string, address: string): Promise<OpenPage & { readonly id: string }>;
}

async function house(start: number): Promise<House> {
  const harness = await startHarness({ pagesFolder: pages, clock: clockFrom(start), nights: NO_NIGHTS });
  onTestFinished(() => harness.close());
  await harness.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = harness.app.server.address() as { port: number };
  const url = `http://localhost:${port}`;
  return {
    ...{ harness, url },
    async open(index, role, name, address) {
      const browser = browsers[index];
      if (browser === undefined) throw new Error("there are two browsers");
      const { id } = await harness.person(role, name);
      const cookie = await harness.signIn(role, name);
      const [key = "", value = ""] = cookie.split("=");
      await browser.context.clearCookies();
      await browser.context.addCookies([{ name: key, value, url }]);
      const opened = await browser.open(`${url}${address}`, { size: IPHONE });
      onTestFinished(() => opened.page.close());
      return { ...opened, id };
    },
  };
}

describe("notes of a bed on the pages", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    pages = await builtPages();
    browsers.push(await startBrowser(), await startBrowser());
  }, 120_000);
  afterAll(async () => {
    for (const browser of browsers) await browser.close();
  });

  const everything = async ({ page, troubles }: OpenPage, name: string): Promise<string[]> => {
    const faults: string[] = [];
    for (const size of [PHONE, DESK]) {
      await page.setViewportSize(size);
      for (const language of LANGUAGES) {
        await page.locator(`.languages [lang=${language}]`).click();
        await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
        if (PICTURES !== undefined) {
          await page.screenshot({
            path: `${PICTURES}/${name}-${language}-${size.width}.png`,
            fullPage: true,
          });
        }
        faults.push(...(await overflowing(page)).map((fault) => `${language} ${size.width}: ${fault}`));
      }
      faults.push(...(await accessibilityFaults(page)));
    }
    await page.locator(".languages [lang=en]").click();
    await page.setViewportSize(IPHONE);
    return [...faults, ...troubles];
  };

  test("a morning is told with one tap, or one a symptom, corrected, taken back, and seen by the therapist", async () => {
    const { harness, open } = await house(SEVEN);
    const mei = await open(0, "caregiver", "Mei", "/");
    const { page } = mei;
    const card = page.locator(".morning");
    // In the morning it stands open, and says that no report is no good news.
    await eventually(() => card.locator("[data-test=report]").innerText()).toContain("Nothing written down");
    await card.getByLabel("Night").selectOption("2026-01-09");
    await card.getByRole("button", { name: "Nothing to report" }).click();
    await eventually(() => card.locator(".morning-report strong").innerText()).toBe("Nothing to report");
    await card.getByLabel("Night").selectOption("2026-01-10");
    await eventually(() => card.locator(".morning-same").innerText()).toContain("Nothing to report");
    const big = await card.locator("[data-symptom=headache]").boundingBox();
    expect(big?.height).toBeGreaterThanOrEqual(56);
    await card.locator("[data-symptom=headache]").click();
    await card.locator("[data-symptom=headache]").click();
    await card.locator("[data-symptom=breathless_flat]").click();
    expect(await everything(mei, "morning-form")).toEqual([]);
    await card.getByRole("button", { name: "Save. The rest was not asked" }).click();
    await eventually(() => card.locator(".morning-report strong").innerText()).toBe(
      "Headache: moderate, Breathless lying flat: mild; the rest was not asked",
    );
    const [written] = await harness.state.notes("b1", "morning", 1);
    expect(written?.body).toEqual({
      ...{ kind: "morning", night: "2026-01-10" },
      answers: { headache: 2, breathless_flat: 1 },
    });

    // Corrected: a new one, and the old one stays to be seen.
    await card.getByRole("button", { name: "Correct" }).click();
    await card.locator("[data-symptom=breathless_flat]").click();
    await card.locator("[data-symptom=breathless_flat]").click();
    await card.locator("[data-symptom=breathless_flat]").click();
    await card.getByRole("button", { name: "Save. Nothing else" }).click();
    await eventually(() => card.locator(".morning-report strong").innerText()).toBe(
      "Headache: moderate; nothing else",
    );
    await card.getByText("Earlier versions (1)").click();
    await eventually(() => card.locator("li").innerText()).toContain("Breathless lying flat: mild");
    expect(await everything(mei, "morning")).toEqual([]);

    harness.store.nightList = ["2026-01-10", "2026-01-08"] as Night[];
    const lin = await open(1, "therapist", "Lin", "/therapist");
    const reported = lin.page.locator("[data-test=night-report]");
    await eventually(() => reported.innerText()).toContain("Headache: moderate; nothing else");
    await lin.page.locator(".toolbar select").selectOption("2026-01-08");
    await eventually(() => reported.innerText()).toBe("Not asked");
    await lin.page.getByRole("button", { name: "Scores and reports" }).click();
    const row = lin.page.locator(".strip-nights tr", { hasText: "Headache" });
    await eventually(() => row.locator("td").allInnerTexts()).toEqual([
      ...Array.from({ length: 28 }, () => "–"),
      "0",
      "2",
    ]);

    await card.getByRole("button", { name: "Take back my entry" }).click();
    await eventually(() => card.locator(".morning-report strong").innerText()).toContain("not asked");
    expect(await harness.state.notes("b1", "morning", 9)).toHaveLength(2);
  });

  test("two who report the same night do not overwrite one another", async () => {
    const { open } = await house(SEVEN);
    const mei = await open(0, "caregiver", "Mei", "/");
    const ba = await open(1, "caregiver", "Ba", "/");
    for (const { page } of [mei, ba]) await page.locator(".morning-symptoms").waitFor();
    await mei.page.getByRole("button", { name: "Nothing to report" }).click();
    await mei.page.locator(".morning-report").waitFor();
    await ba.page.locator("[data-symptom=pain]").click();
    await ba.page.getByRole("button", { name: "Save. Nothing else" }).click();
    await ba.page.locator(".morning .trouble").waitFor();
    await eventually(() => ba.page.locator(".morning-report").innerText()).toContain("Mei");
  });

  test("scores are written down, drawn, corrected with the old ones kept, and taken back", async () => {
    const { harness, open } = await house(SEVEN);
    harness.store.nightList = ["2026-01-10", "2026-01-08", "2025-12-24"] as Night[];
    const lin = await open(0, "therapist", "Lin", "/therapist#reports");
    const { page } = lin;
    await page.getByText("No scores yet.").waitFor();
    await page.getByRole("button", { name: "Save the scores" }).click();
    await page.getByText("Choose one answer for each of the three.").waitFor();
    await score(page, [3, 3, 4], "2025-11-01");
    await eventually(() => page.locator("tr[data-note]").count()).toBe(1);
    await score(page, [2, 3, 2], "2026-01-10");
    await eventually(() => page.locator(".alsfrs-chart svg[role=img]").getAttribute("aria-label")).toBe(
      "2 scores from Nov 1, 2025 to Jan 10, 2026; newest sum 7 of 12",
    );
    expect(await page.locator(".alsfrs-chart .alsfrs-sum circle").count()).toBe(2);
    expect(await page.locator(".alsfrs-night").count()).toBe(3);
    const newest = page.locator("tr[data-note]").first();
    await newest.getByRole("button", { name: "Correct" }).click();
    await page.getByText("You correct the scores of Jan 10, 2026").waitFor();
    await page.locator("input[name=dyspnoea][value='1']").check();
    await page.getByRole("button", { name: "Save the correction" }).click();
    await eventually(() => newest.locator("td").nth(3).innerText()).toBe("6");
    await eventually(() => newest.locator("s").innerText()).toBe("2 + 3 + 2");
    expect(await harness.state.notes("b1", "alsfrs_r", 9)).toHaveLength(3);
    const duty = page.locator("section", { hasText: "No duty is planned." }).last();
    await duty.waitFor();
    expect(await everything(lin, "scores")).toEqual([]);
    await newest.getByRole("button", { name: "Take back my entry" }).click();
    await eventually(() => newest.locator("td").nth(3).innerText()).toBe("7");
  });

  test("a rota is made, a duty is handed over only with the other one's yes, and a gap is loud", async () => {
    const { harness, open } = await house(TWO_AT_NIGHT);
    const mei = await open(0, "owner", "Mei", "/");
    const ba = await open(1, "caregiver", "Ba", "/");
    const { page } = mei;
    const card = page.locator(".duty");
    await card.getByText("No duty is planned.").waitFor();
    expect(await page.locator(".duty-gap").count()).toBe(0);
    await card.getByText("Weekly rota").click();
    await card.getByRole("button", { name: "Mei, Sat night: free" }).click();
    await page.locator("dialog").getByLabel("To", { exact: true }).fill("05:00");
    await page.locator("dialog").getByLabel("The same every night").check();
    await page.locator("dialog").getByRole("button", { name: "Done" }).click();
    // Two at one time are refused before they are sent.
    await card.getByRole("button", { name: "Ba, Sat night: free" }).click();
    await page.locator("dialog").getByRole("button", { name: "Done" }).click();
    await card.getByText("Two people at one time").waitFor();
    await eventually(() => card.getByRole("button", { name: "Save the rota" }).isDisabled()).toBe(true);
    await card.getByRole("button", { name: "Ba, Sat night: 21:00–09:00" }).click();
    await page.locator("dialog").getByLabel("From").fill("05:00");
    await page.locator("dialog").getByLabel("To", { exact: true }).fill("08:00");
    await page.locator("dialog").getByRole("button", { name: "Done" }).click();
    // Nobody here has a phone: that is asked back, and without a yes nothing is set and nothing is lost.
    await card.getByRole("button", { name: "Save the rota" }).click();
    const asked = page.getByRole("dialog", { name: "Rely on somebody whose phone is not proven?" });
    await asked.waitFor();
    expect(await asked.locator(".unproven-names").innerText()).toBe("Mei, Ba");
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/duty-unproven.png` });
    await asked.getByRole("button", { name: "Leave as it is" }).click();
    expect(await harness.state.duty("b1")).toBeUndefined();
    await card.getByRole("button", { name: "Save the rota" }).click();
    await asked.getByRole("button", { name: "All the same" }).click();
    await eventually(() => card.locator("[data-test=duty-now]").innerText()).toBe(
      "You are on duty until 05:00",
    );
    await eventually(() => card.locator("[data-test=duty-next]").innerText()).toBe(
      "Next: Ba, 05:00 to 08:00",
    );
    await eventually(() => page.locator(".bed-top .duty-gap").innerText()).toContain(
      "NOBODY IS ON DUTY TONIGHT from 08:00 to 09:00",
    );
    expect((await harness.state.duty("b1"))?.rota).toContainEqual(
      expect.objectContaining({ weekday: 7, from: 300, to: 480 }),
    );

    await card.getByText("Hand over my duty").click();
    await card.getByRole("button", { name: "Ba (phone not proven)" }).click();
    await card.locator(".duty-give").getByLabel("Until").selectOption({ label: "04:00" });
    // The browser itself writes down what was refused.
    const isAskedBack = (fault: string): boolean => fault.includes("409 (Conflict)");
    expect((await everything(mei, "duty")).filter((fault) => !isAskedBack(fault))).toEqual([]);
    await card.getByRole("button", { name: "Ask Ba" }).click();
    await asked.getByRole("button", { name: "All the same" }).click();
    await eventually(() => card.innerText()).toContain("Ba has not answered yet");
    await eventually(() => card.locator("[data-test=duty-now]").innerText()).toBe(
      "You are on duty until 05:00",
    );

    const theirs = ba.page;
    await eventually(() => theirs.locator(".duty-asked").innerText()).toContain(
      "Mei asks you to take the duty",
    );
    expect(await everything(ba, "duty-asked")).toEqual([]);
    await theirs.getByRole("button", { name: "I take it" }).click();
    await eventually(() => theirs.locator("[data-test=duty-now]").innerText()).toBe(
      "You are on duty until 04:00",
    );
    await eventually(() => card.locator("[data-test=duty-now]").innerText()).toBe(
      "Ba is on duty until 04:00",
    );
    const lin = await open(1, "therapist", "Lin", "/therapist#reports");
    await eventually(() => lin.page.locator("[data-test=duty-now]").innerText()).toBe(
      "Ba is on duty until 04:00",
    );

    // Somebody else has changed the rota meanwhile: this one is not overwritten.
    const book = await harness.state.duty("b1");
    if (book === undefined) throw new Error("there is a rota");
    await card.getByRole("button", { name: "Mei, Mon night: 21:00–05:00" }).click();
    await page.locator("dialog").getByRole("button", { name: "Remove" }).click();
    await page.locator("dialog").getByRole("button", { name: "Done" }).click();
    await harness.state.adoptDuty({ ...book, version: book.version + 1 });
    await card.getByRole("button", { name: "Save the rota" }).click();
    await card.locator(".trouble").waitFor();
    await card.getByRole("button", { name: "Mei, Mon night: 21:00–05:00" }).waitFor();
  });

  test("what the box refuses or does not answer is said, and nothing old stands as if it were true", async () => {
    const { open } = await house(TWO_AT_NIGHT);
    const mei = await open(0, "owner", "Mei", "/");
    const { page } = mei;
    await page.locator(".duty").getByText("No duty is planned.").waitFor();
    await page.route("**/api/beds/b1/duty", (route) => route.abort());
    await page.reload();
    await page.locator(".duty .trouble").waitFor();
    expect(await page.locator("[data-test=duty-now]").count()).toBe(0);
    await page.unroute("**/api/beds/b1/duty");
  });
});

async function score(page: OpenPage["page"], scores: readonly number[], date: string): Promise<void> {
  await page.locator(".alsfrs-form input[type=date]").fill(date);
  for (const [index, item] of ["dyspnoea", "orthopnoea", "insufficiency"].entries()) {
    await page.locator(`input[name=${item}][value='${scores[index]}']`).check();
  }
  await page.getByRole("button", { name: "Save the scores" }).click();
}
