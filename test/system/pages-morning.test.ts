// The morning on the pages: last night in plain words, the strip, one change to think about and its way to the therapist.
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { AlarmEvent, ConditionId, Priority } from "../../src/domain/alarm.ts";
import type { LimitOffer, NightEntry } from "../../src/domain/morning.ts";
import { LANGUAGES, type Role } from "../../src/domain/person.ts";
import { atLocal, DAY_MS, type Night, SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
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
import { occurrence, startHarness } from "../unit/server/harness.ts";

const { describe, test } = requires("chromium");

const ZONE = "Asia/Shanghai";
const PICTURES = process.env["BREATHWATCH_PICTURES"];
const IPHONE = { width: 390, height: 844 } as const;
/** A local time of the night of Saturday, 10 January. */
const at = (hour: number, minute = 0): Wall =>
  atLocal(hour >= 12 ? "2026-01-10" : "2026-01-11", hour * 60 + minute, ZONE);
const NINE = at(9, 30);

/** Goes on like the real one, from another time of day on. */
function clockFrom(start: number): Clock {
  const real = createClock();
  const ahead = start - real.wall();
  return { ...real, mono: () => real.mono(), wall: () => wall(real.wall() + ahead) };
}

function alarm(
  n: number,
  condition: ConditionId,
  priority: Priority,
  from: Wall,
  seconds: number,
  answerS?: number,
): AlarmEvent[] {
  const one = occurrence({ id: `b1-abcdefghij-${n}`, condition, priority, raisedAt: from });
  const by = { id: "mei", name: "Mei" };
  return [
    { kind: "occurred", at: from, occurrence: one },
    ...(answerS === undefined
      ? []
      : [{ kind: "acknowledged" as const, at: wall(from + answerS * SECOND_MS), occurrence: one, by }]),
    { kind: "ended", at: wall(from + seconds * SECOND_MS), occurrence: one, over: true },
  ];
}

interface HouseOptions {
  readonly start?: Wall;
  readonly events?: readonly AlarmEvent[];
  readonly called?: readonly { readonly at: Wall; readonly n: number; readonly name: string }[];
  /** Times with numbers. */
  readonly seen: readonly (readonly [Wall, Wall])[];
  readonly offer?: boolean;
}

let pages: string;
let browser: Browser;

async function house({ start = NINE, events = [], called = [], seen, offer = false }: HouseOptions) {
  const entries: NightEntry[] = [
    { kind: "watch", bed: "b1", at: at(22), on: true, reason: "schedule" },
    { kind: "watch", bed: "b1", at: at(8), on: false, reason: "ended" },
  ];
  let offered: LimitOffer | undefined = offer
    ? {
        ...{
          id: "offeraaaaa",
          bed: "b1",
          night: "2026-01-10" as Night,
          condition: "PR_HIGH",
          setting: "delay_s",
        },
        ...{ from: 60, to: 75, unit: "s", version: 0, wakings: 4, nights: 12, before: 18, after: 3 },
        ...{ criticalLimit: 80, madeAt: at(8, 1), expiresAt: wall(at(8, 1) + 7 * DAY_MS) },
      }
    : undefined;
  const harness = await startHarness({
    ...{ pagesFolder: pages, clock: clockFrom(start) },
    nights: {
      schedule: () => undefined,
      entries: () => entries,
    },
    offers: {
      current: async () => offered,
      async answer(_bed, _id, what, by) {
        if (offered !== undefined) offered = { ...offered, answer: { what, by, at: NINE } };
      },
    },
  });
  onTestFinished(() => harness.close());
  harness.store.eventList = events;
  harness.store.points.spo2 = seen.flatMap(([from, to]) =>
    Array.from({ length: (to - from) / (5 * SECOND_MS) }, (_, i) => ({
      at: wall(from + i * 5 * SECOND_MS),
      sample: 95,
    })),
  );
  for (const name of ["Mei", "Grandfather Chen"]) await harness.person("caregiver", name);
  for (const { at: when, n, name } of called) {
    const { id: person } = await harness.person("caregiver", name);
    entries.push({ kind: "called", bed: "b1", at: when, occurrence: `b1-abcdefghij-${n}`, person });
  }
  await harness.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = harness.app.server.address() as { port: number };
  const url = `http://localhost:${port}`;
  return {
    harness,
    async open(role: Role, name: string, address = "/"): Promise<OpenPage> {
      const [key = "", value = ""] = (await harness.signIn(role, name)).split("=");
      await browser.context.clearCookies();
      await browser.context.addCookies([{ name: key, value, url }]);
      const opened = await browser.open(`${url}${address}`, { size: IPHONE });
      onTestFinished(() => opened.page.close());
      return opened;
    },
  };
}

async function everything({ page, troubles }: OpenPage, part: string, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const size of [PHONE, DESK]) {
    await page.setViewportSize(size);
    for (const language of LANGUAGES) {
      await page.locator(`.languages [lang=${language}]`).click();
      await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
      if (PICTURES !== undefined) {
        await page.locator(part).screenshot({ path: `${PICTURES}/${name}-${language}-${size.width}.png` });
      }
      faults.push(...(await overflowing(page)).map((fault) => `${language} ${size.width}: ${fault}`));
    }
    faults.push(...(await accessibilityFaults(page)));
  }
  await page.locator(".languages [lang=en]").click();
  await page.setViewportSize(IPHONE);
  return [...faults, ...troubles];
}

describe("the morning on the pages", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    pages = await builtPages();
    browser = await startBrowser();
  }, 120_000);
  afterAll(() => browser.close());

  test("a night that was watched and calm is called good", async () => {
    const { open } = await house({ seen: [[at(22), at(8)]] });
    const opened = await open("caregiver", "Mei");
    const card = opened.page.locator(".last-night");
    await eventually(() => card.locator("[data-test=verdict]").innerText()).toContain("A good night.");
    expect(await card.locator("[data-test=watched]").innerText()).toContain("Watched 10 h of 10 h (100 %)");
    expect(await card.locator("[data-test=rang]").innerText()).toBe("No alarm rang.");
    expect(await card.locator("[data-look=none], [data-look=partly]").count()).toBe(0);
    expect(await everything(opened, ".last-night", "good")).toEqual([]);
  });

  test("a calm night less than 90 % watched is not, and says why", async () => {
    const { open } = await house({ seen: [[at(22), at(6, 59)]] });
    const opened = await open("caregiver", "Mei");
    const verdict = opened.page.locator(".last-night [data-test=verdict]");
    await eventually(() => verdict.innerText()).toContain("Not called a good night");
    expect(await verdict.innerText()).toContain("Only 89 % of it were watched");
    expect(await opened.page.locator(".last-night").innerText()).not.toContain("A good night.");
    expect(await opened.page.locator(".night-unseen").innerText()).toContain(
      "06:59 to 08:00: no measurement",
    );
  });

  test("a broken night tells each their own, and its one thought goes to the therapist as a draft", async () => {
    const times = [at(23, 30), at(1, 10), at(3, 5), at(5, 40)];
    const { open, harness } = await house({
      seen: [
        [at(22), at(2)],
        [at(2, 20), at(8)],
      ],
      events: [
        ...times.flatMap((when, n) => alarm(n, "PR_HIGH", "medium", when, 240, 45 + 20 * n)),
        ...alarm(8, "SPO2_CRIT", "high", at(4), 90, 30),
        ...alarm(9, "OXI_SENSOR_OFF", "medium", at(2), 1_200),
      ],
      called: [
        ...times.map((when, n) => ({ at: when, n, name: "Mei" })),
        { at: at(4), n: 8, name: "Mei" },
        { at: at(4), n: 8, name: "Grandfather Chen" },
      ],
      offer: true,
    });
    const opened = await open("caregiver", "Mei");
    const { page } = opened;
    const card = page.locator(".last-night");
    await eventually(() => card.locator(".night-woken li").first().innerText()).toContain("You: 5×");
    expect(await card.locator(".night-woken li").nth(1).innerText()).toMatch(
      /^Grandfather Chen: 1×\s+04:00 Oxygen very low$/,
    );
    expect(await card.locator("[data-test=verdict]").innerText()).toContain("urgent alarm: Oxygen very low");
    expect(await card.locator("[data-alarm]").count()).toBe(6);
    await card.locator(".strip-list summary").click();
    expect(await card.locator(".strip-list li").first().innerText()).toBe(
      "23:30 Pulse fast · Mei after 45 s",
    );
    const thought = card.locator(".limit-thought");
    expect(await thought.innerText()).toMatch(/Delay of “Pulse fast” 75 s instead of 60 s/);
    expect(await thought.innerText()).toContain("3× instead of 18×, and no fall of the oxygen below 80 %");
    expect(await everything(opened, ".last-night", "broken")).toEqual([]);
    await thought.getByRole("button", { name: "Pass it to the therapist's page" }).click();
    await eventually(() => thought.locator("output").innerText()).toContain("Mei passed it");

    const wu = await open("therapist", "Wu", "/therapist#limits");
    const draft = wu.page.locator(".passed-on");
    await draft.getByRole("button", { name: "Fill it in as a draft" }).click();
    await eventually(() => draft.locator("output").innerText()).toContain(
      "Nothing counts before it is saved",
    );
    await wu.page.locator(".limits-review").locator("button.primary").click();
    await eventually(() => wu.page.locator(".limits-review").innerText()).toContain("75 s");
    expect(await everything(wu, ".passed-on", "passed-on")).toEqual([]);
    // Nothing was changed by any of it.
    expect(harness.commands).toEqual([]);
    expect(await harness.state.limits("b1", 1)).toEqual([]);
  });

  test("in the evening there is no card, and for whoever looks after machines none at all", async () => {
    const evening = await house({ start: at(21), seen: [[at(22), at(8)]] });
    const { page } = await evening.open("caregiver", "Mei");
    await page.locator(".bed").waitFor();
    expect(await page.locator(".last-night").count()).toBe(0);
    const morning = await house({ seen: [[at(22), at(8)]] });
    const technician = await morning.open("technician", "Teh");
    await technician.page.locator(".bed").waitFor();
    expect(await technician.page.locator(".last-night").count()).toBe(0);
    expect(technician.troubles).toEqual([]);
  });
});
