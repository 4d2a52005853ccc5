// The caregiver's page of a hub, in a real browser: a hub and a box in one process over a bus in memory, in real time. The
// check is begun there, phones tap at the hub's address, the box's own proof is the line; and the morning after.
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { createMemoryBus } from "../../src/bus/memory.ts";
import { LANGUAGES } from "../../src/domain/person.ts";
import { atLocal, type Night, SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { StoredRow } from "../../src/port/timeseries.ts";
import { writeToldNights } from "../../src/record/told-nights.ts";
import { createRehearsalWorld } from "../../src/rehearse.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import { BA, type HubHome, MEI, type Phone, startHubHome, tapAddress } from "../support/hub-home.ts";
import { freePort } from "../support/mosquitto.ts";
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

const { describe, test } = requires("chromium");

const ZONE = "Asia/Shanghai";
const IPHONE = { width: 390, height: 844 } as const;
/** Where pictures go for whoever wants to look. */
const PICTURES = process.env["BREATHWATCH_PICTURES"];
const at = (date: string, minute: number): Wall => atLocal(date, minute, ZONE);

let pages: string;
let browser: Browser;

/** Both machines at a time of day that is not today's, from where time goes on as it does. */
async function startAt(startsAt: Wall) {
  const real = createClock();
  const ahead = startsAt - real.wall();
  const clock = {
    ...real,
    mono: () => real.mono(),
    trusted: () => true,
    wall: () => wall(real.wall() + ahead),
  };
  const rehearsed = createRehearsalWorld({ seed: 3, startsAt });
  const memory = createMemoryLinks(clock);
  const bus = createMemoryBus(clock);
  const links = createLinks({ clock, memory });
  const world = { ...rehearsed, clock, memory, links, bus: bus.connector, broker: bus.starter };
  const port = await freePort();
  const home = await startHubHome(world, { pagesFolder: pages, listen: { host: "127.0.0.1", port } });
  onTestFinished(async () => {
    await home.stopEdge();
    await home.stopHub();
    links.stop();
    await rehearsed.close();
  });
  // The box leaves its phones with the hub a quarter of a minute after its start.
  await eventually(async () => (await home.stores.homes.of(home.grant.home).targets()).length).toBe(2);
  const url = `http://localhost:${port}`;
  const joined = await home.hub?.app.inject({
    ...{ method: "POST", url: "/api/sign-in" },
    payload: { code: home.grant.ownerCode, name: "Li", language: "en" },
  });
  const [name = "", value = ""] = String(joined?.headers["set-cookie"]).split(";", 1)[0]?.split("=") ?? [];
  return {
    home,
    async open(): Promise<OpenPage> {
      await browser.context.clearCookies();
      await browser.context.addCookies([{ name, value, url }]);
      const opened = await browser.open(`${url}/`, { size: IPHONE });
      onTestFinished(() => opened.page.close());
      return opened;
    },
  };
}

/** Looks at a card in three languages and two sizes. */
async function everywhere(opened: OpenPage, card: string, name: string): Promise<readonly string[]> {
  const { page, troubles } = opened;
  const faults: string[] = [];
  for (const size of [IPHONE, DESK]) {
    await page.setViewportSize(size);
    for (const language of LANGUAGES) {
      await page.locator(`.languages [lang=${language}]`).click();
      await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
      if (PICTURES !== undefined) {
        await page.locator(card).screenshot({ path: `${PICTURES}/${name}-${language}-${size.width}.png` });
      }
      faults.push(...(await overflowing(page)).map((fault) => `${language} ${size.width}: ${fault}`));
    }
    faults.push(...(await accessibilityFaults(page)));
  }
  await page.locator(".languages [lang=en]").click();
  await page.setViewportSize(IPHONE);
  return [...faults, ...troubles];
}

async function tap(home: HubHome, phone: Phone): Promise<void> {
  await eventually(() => home.got(phone).length).toBeGreaterThan(0);
  const answer = await home.hub?.app.inject({ method: "POST", url: tapAddress(home, phone).pathname });
  expect(answer?.statusCode, answer?.body).toBe(200);
}

describe("the caregiver's page of a hub", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    pages = await builtPages();
    browser = await startBrowser();
  }, 120_000);
  afterAll(() => browser.close());

  test("starts the evening check at the box, follows it phone by phone, and shows the box's line; then the box is away", async () => {
    const { home, open } = await startAt(at("2026-01-10", 21 * 60 + 40));
    const opened = await open();
    const { page } = opened;
    const line = page.locator("[data-test=protection]");
    await eventually(() => line.innerText()).toBe(
      "Nobody's phone has proved itself: everybody is called at once. Test now.",
    );
    await page.getByText("Tonight's check has not been done yet.").waitFor();
    await page.locator(".evening-start").click();
    await page.locator("[data-checked=mei]").waitFor();
    await page.locator("[data-checked=mei][data-state=accepted]").waitFor();
    expect(home.edge?.edge.evening.running?.by).toBe("Li");
    await tap(home, "mei");
    await page.locator("[data-checked=mei][data-state=answered]").waitFor();
    expect(await page.locator("[data-checked=ba][data-state=accepted]").count()).toBe(1);
    await tap(home, "ba");
    await page.getByText("The check is done.").waitFor();
    await eventually(() => line.innerText()).toMatch(
      /^No phone that can .* (Mei|Ba) is told \(proven 21:4\d\), .* (Mei|Ba) is told \(proven 21:4\d\), /,
    );
    expect(await page.getByText("Tonight's check has not been done yet.").count()).toBe(0);
    expect(await everywhere(opened, ".evening", "hub-evening")).toEqual([]);

    await home.stopEdge();
    await page.reload();
    await page.locator("[data-test=box-away]").waitFor();
    expect(await page.locator("[data-test=box-away]").innerText()).toMatch(
      /has not been heard since .*21:4\d/,
    );
    expect(await page.locator(".evening-start").count()).toBe(0);
    expect(await everywhere(opened, ".evening", "hub-evening-away")).toEqual([]);
  });

  test("shows last night in the morning, with who was called, once the box has told", async () => {
    const { home, open } = await startAt(at("2026-01-11", 9 * 60 + 30));
    const night = "2026-01-10" as Night;
    const [from, to] = [at(night, 22 * 60), at("2026-01-11", 8 * 60)];
    const rows = Array.from({ length: (to - from) / (5 * SECOND_MS) }, (_, seq): StoredRow => {
      const row = { bed: home.bed, device: "oximeter234", epoch: "e", seq, simulated: false };
      return { ...row, at: wall(from + seq * 5 * SECOND_MS), samples: { spo2: 95, pulse_rate: 62 } };
    });
    await home.numbers.write({ rows, waves: [], settings: [], events: [] });
    const opened = await open();
    const { page } = opened;
    const card = page.locator(".last-night");
    await card.getByText("The box at the bed has not told yet who was called.").waitFor();
    expect(await everywhere(opened, ".last-night", "hub-morning-untold")).toEqual([]);

    const occurrence = "b1-abcdefghij-1";
    const called = (person: string, minute: number) =>
      ({ kind: "called", bed: "b1", at: at("2026-01-11", minute), occurrence, person }) as const;
    const text = writeToldNights([
      {
        night,
        entries: [
          { kind: "watch", bed: "b1", at: from, on: true, reason: "schedule" },
          called(MEI.id, 2 * 60),
          called(BA.id, 2 * 60 + 2),
          { kind: "watch", bed: "b1", at: to, on: false, reason: "ended" },
        ],
      },
    ]);
    // As the estate of the box brings it (test/nights/hub-pages.test.ts).
    await home.stores.homes.of(home.grant.home).setValue("nights b1", text);
    await page.reload();
    await card.locator(`[data-person="${MEI.id}"]`).waitFor();
    expect(await card.locator(`[data-person="${MEI.id}"]`).innerText()).toMatch(/^Mei: 1×\n02:00 /);
    // Its events have not come: a call that nothing explains is no good night, whatever was measured.
    expect(await card.locator("[data-test=verdict]").innerText()).toContain("not on record here");
    expect(await card.getByText("No alarm rang.").count()).toBe(0);
    expect(await everywhere(opened, ".last-night", "hub-morning")).toEqual([]);
  });
});
