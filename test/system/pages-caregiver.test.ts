import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { CarePlan } from "../../src/domain/alarm.ts";
import { wall } from "../../src/domain/time.ts";
import { wordsIn } from "../../src/words/index.ts";
import { fill } from "../../src/words/template.ts";
import {
  acknowledgement,
  alarms,
  bedState,
  busyNight,
  left,
  maskOff,
  NOW,
  notWatching,
  occurrence,
  oximeter,
  sensorOff,
  signalsAt,
  ventilator,
} from "../support/pages-beds.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  eventually,
  loopingSounds,
  type OpenOptions,
  type OpenPage,
  overflowing,
  startBrowser,
} from "../support/pages-browser.ts";
import { type PagesServer, problem, startPagesServer } from "../support/pages-server.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

/** Where pictures of the pages are put, to be looked at; absent: none are taken. */
const SHOTS = process.env["BREATHWATCH_PICTURES"];

let folder: string;
let browser: Browser;
let server: PagesServer;
const opened: OpenPage[] = [];

describe("the caregiver's page", () => {
  beforeAll(async () => {
    folder = await builtPages();
    browser = await startBrowser();
  });
  beforeEach(async () => {
    server = await startPagesServer(folder);
  });
  afterEach(async () => {
    for (const { page } of opened.splice(0)) await page.close();
    await server.close();
  });
  afterAll(() => browser.close());

  async function open(options: OpenOptions = {}) {
    const open = await browser.open(`${server.url}/`, options);
    opened.push(open);
    await open.page.locator(".number-giant").waitFor();
    return open;
  }

  test("greys and strikes a number through at 10 s, and takes it away with the reason at 30 s", async () => {
    const { page, hears } = await open({ frozen: true });
    const oxygen = page.locator("[data-signal=spo2]");
    await eventually(() => oxygen.locator(".number-value").textContent()).toBe("95");
    await page.clock.fastForward(7_000);
    await eventually(() => oxygen.locator("s").count()).toBe(0);
    await page.clock.fastForward(3_000);
    await oxygen.locator("s").waitFor();
    await eventually(() => oxygen.getAttribute("class")).toContain("is-old");
    await eventually(() => oxygen.locator(".number-age").textContent()).toMatch(/old value · 1[0-2] s ago/);
    for (const ms of [9_000, 9_000]) {
      await hears(heartbeat);
      await page.clock.fastForward(ms);
    }
    await hears(heartbeat);
    await page.clock.fastForward(2_000);
    await page.locator("[data-signal=spo2].is-gone").waitFor();
    await eventually(() => oxygen.textContent()).not.toContain("95");
    await eventually(() => oxygen.textContent()).toMatch(/no data for 3\d s/);
    // The ages are the data's: the connection itself is alive.
    await eventually(() => page.locator(".banner-lost").count()).toBe(0);
  });

  test("keeps the age of each source apart", async () => {
    server.script.beds = [
      bedState({
        signals: signalsAt({ spo2: 41_000, pulse_rate: 41_000, perfusion_index: 41_000 }),
        sources: [
          { ...oximeter, ageMs: 41_000, link: "quiet", problem: "Silent for 41 s. (LINK_QUIET)" },
          ventilator,
        ],
      }),
    ];
    const { page } = await open();
    await eventually(() => page.locator(`[data-device=${oximeter.device}]`).textContent()).toMatch(
      /4\d s ago/,
    );
    await eventually(() => page.locator(`[data-device=${ventilator.device}]`).textContent()).toMatch(
      /[01] s ago/,
    );
    await eventually(() => page.locator("[data-signal=spo2]").textContent()).toContain("– –");
    await eventually(() => page.locator("[data-signal=resp_rate]").textContent()).toContain("15.2");
    // The cause and the fix in words, and the box's own sentence.
    await eventually(() => page.locator(".problem").first().textContent()).toMatch(
      /Is the device switched on.*Silent for 41 s/,
    );
  });

  test("treats a lost socket as an alarm: red banner, numbers gone, and all of it back with the connection", async () => {
    const { page } = await open();
    server.accept(false);
    server.drop();
    await page.locator(".banner-lost").waitFor();
    await eventually(() => page.locator(".banner-lost").textContent()).toContain("NO CONNECTION");
    const box = await page.locator(".banner-lost").boundingBox();
    expect(box?.width).toBeGreaterThan(330);
    await eventually(() => page.locator(".number-value").allTextContents()).toEqual(
      Array.from({ length: 10 }, () => "– –"),
    );
    await eventually(() => page.locator(".no-alarm").count()).toBe(0);
    server.accept(true);
    await page.locator(".banner-lost").waitFor({ state: "detached" });
    await eventually(() => page.locator("[data-signal=spo2] .number-value").textContent()).toBe("95");
  });

  test("treats 12 s of silence on an open socket as the same alarm", async () => {
    const { page } = await open({ frozen: true });
    server.accept(false);
    await page.clock.fastForward(10_000);
    await eventually(() => page.locator(".banner-lost").count()).toBe(0);
    expect(server.sockets.size).toBe(1);
    await page.clock.fastForward(2_500);
    await page.locator(".banner-lost").waitFor();
    server.accept(true);
    await page.locator(".banner-lost").waitFor({ state: "detached" });
  });

  test("survives the server going away and coming back", async () => {
    const { page } = await open();
    await server.down();
    await page.locator(".banner-lost").waitFor();
    await server.up();
    await page.locator(".banner-lost").waitFor({ state: "detached", timeout: 30_000 });
    await eventually(() => page.locator("[data-signal=spo2] .number-value").textContent()).toBe("95");
  });

  test("shows one card with its cause, what speaks for it and four things to look at, and who took it on every phone", async () => {
    server.script.beds = [maskOff()];
    const [mine, other] = [await open(), await open()];
    await eventually(() => mine.page.locator(".alarm").count()).toBe(1);
    const card = mine.page.locator(".alarm");
    await eventually(() => card.locator("h2").textContent()).toBe("Mask probably off");
    await eventually(() => card.locator(".evidence-cause strong").allTextContents()).toEqual([
      "leak 68 up",
      "pressure 4.2 down",
      "oxygen 86 falling",
    ]);
    await eventually(() => card.locator(".actions li").allTextContents()).toEqual([
      "mask",
      "tube",
      "machine",
      "suction",
    ]);
    await eventually(() => mine.page.locator("[role=alert]").first().textContent()).toBe(
      "Mask probably off: leak 68 up, pressure 4.2 down, oxygen 86 falling",
    );
    await mine.page.getByRole("button", { name: "I'm going" }).click();
    await eventually(() => posts("acknowledge").map(({ body }) => body)).toEqual([
      { place: "going", card: true },
    ]);
    server.state(maskOff((each) => ({ ...each, acknowledgement: acknowledgement("Mei") })));
    for (const { page } of [mine, other]) {
      await eventually(() => page.locator(".taken").allTextContents()).toEqual([
        expect.stringContaining("Mei is going, since 02:14"),
      ]);
      await eventually(() => page.getByRole("button", { name: "I'm going" }).count()).toBe(0);
      await eventually(() => page.getByRole("button", { name: "At the bedside" }).count()).toBe(1);
    }
  });

  test.each(["en", "zh-Hans", "zh-Hant"] as const)(
    "shows what the patient answers, with its time, and whether that was before it got worse, in %s",
    async (language) => {
      const { caregiver } = wordsIn(language).pages;
      const allRight = { by: { id: "p7", name: "Opa" }, at: NOW };
      for (const size of [
        { width: 390, height: 844 },
        { width: 1280, height: 800 },
      ]) {
        server.script.beds = [maskOff((each) => ({ ...each, allRight }))];
        const { page } = await open({ language, size });
        const told = () => page.locator(".alarm .all-right").allTextContents();
        const hint = ` ${caregiver.allRightHint}`;
        const words = { name: "Opa", time: "02:15" };
        await eventually(told).toEqual([fill(caregiver.allRight, words) + hint]);
        // The alarm rings and asks as before.
        await page.getByRole("button", { name: caregiver.going }).waitFor();
        if (SHOTS !== undefined)
          await page.screenshot({ path: `${SHOTS}/caregiver-${language}-${size.width}.png` });
        expect(await overflowing(page)).toEqual([]);
        expect(await accessibilityFaults(page)).toEqual([]);
        server.state(maskOff((each) => ({ ...each, allRight: { ...allRight, before: true } })));
        await eventually(told).toEqual([fill(caregiver.allRightBefore, words) + hint]);
        if (SHOTS !== undefined)
          await page.screenshot({ path: `${SHOTS}/caregiver-before-${language}-${size.width}.png` });
      }
    },
  );

  test("folds the single alarms below their card, each with what it was raised on and a pause of its own", async () => {
    server.script.beds = [maskOff()];
    const { page } = await open();
    await eventually(() => page.locator(".members [data-occurrence]").first().isVisible()).toBe(false);
    await page.getByText("Belonging to it (2)").click();
    const texts = await page.locator(".members [data-occurrence]").allTextContents();
    expect(texts[0]).toMatch(/Oxygen low.*86 %/);
    expect(texts[1]).toMatch(/Mask or tube off.*68 L\/min/);
    await page.locator(".members").getByRole("button", { name: "Pause" }).first().click();
    const lengths = page.locator("dialog .lengths button");
    await eventually(() => lengths.allTextContents()).toEqual(["3", "5", "10"]);
    await lengths.nth(1).click();
    await page.getByRole("button", { name: "Pause for 5 min" }).click();
    await eventually(() => posts("/pause")).toMatchObject([
      { body: { condition: "SPO2_LOW", priority: "high", forMs: 300_000 } },
    ]);
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  test("keeps the dialog of a pause that was refused, and says that it goes on ringing", async () => {
    server.script.beds = [sensorOff()];
    server.script.refusals.set("POST /api/beds/b1/pause", problem(422, "PAUSE_TOO_LONG", "Too long."));
    const { page } = await open();
    await page.locator(".alarm").getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Pause for 3 min" }).click();
    await page.locator("dialog .trouble").waitFor();
    await eventually(() => page.locator("dialog .trouble").textContent()).toMatch(
      /NOT paused. It goes on ringing.*not silenced for so long/,
    );
  });

  test("offers no pause for what is never silenced, and watching oneself only for what is about devices", async () => {
    server.script.beds = [bedState({ alarms: alarms([occurrence("SPO2_CRIT", { values: { spo2: 71 } })]) })];
    const { page } = await open();
    await eventually(() => page.getByRole("button", { name: "Pause", exact: true }).count()).toBe(0);
    await eventually(() => page.getByRole("button", { name: "I am watching myself" }).count()).toBe(0);
    server.state(sensorOff());
    await page.getByRole("button", { name: "I am watching myself" }).click();
    await eventually(() => posts("acknowledge")).toMatchObject([{ body: { place: "watching" } }]);
    server.state(sensorOff({ acknowledgement: acknowledgement("Mei", "watching") }));
    await eventually(() => page.locator(".taken").textContent()).toMatch(/Mei is watching.*Next question at/);
    server.state(sensorOff({ accepted: { id: "p1", name: "Mei" } }));
    await page.getByRole("button", { name: "Yes, I am watching" }).click();
    await eventually(() => posts("acknowledge").length).toBe(2);
    expect(posts("acknowledge").at(-1)?.body).toEqual({ place: "watching", card: true });
  });

  test("shows an open alarm that is in no card, as large as any", async () => {
    server.script.beds = [bedState({ alarms: alarms([occurrence("VENT_APNEA")], { cards: [] }) })];
    const { page } = await open();
    await page.locator(".alarm-first").waitFor();
    await eventually(() => page.locator(".alarm-first").count()).toBe(1);
  });

  test("begins and ends care with one tap each, and counts down", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: "Suction: quiet for 5 min" }).click();
    await eventually(() => posts("/care")).toMatchObject([{ body: { act: "suction" } }]);
    server.state(busyNight());
    const now = page.locator(".care-now");
    await now.waitFor();
    await eventually(() => now.textContent()).toMatch(/Suction, Mei, until 02:19.*[34] min.*left/);
    await eventually(() => page.locator(".alarm .quiet-line").textContent()).toMatch(
      /Suction: quiet until 02:19/,
    );
    await eventually(() => page.locator(".recurrent").textContent()).toContain(
      "again and again: 7 times in 3",
    );
    await eventually(() => page.locator(".care").count()).toBe(0);
    await now.getByRole("button", { name: "Done" }).click();
    await eventually(() => posts("/care/done").length).toBe(1);
  });

  test("keeps the traces of what is over until somebody has seen them, and shows pauses and limits in force", async () => {
    server.script.beds = [busyNight()];
    const { page } = await open();
    const lines = page.locator(".past-line");
    await eventually(() => lines.first().textContent()).toContain("Oxygen low: 1 min 14 s, ended 02:03");
    await eventually(() => lines.first().textContent()).toContain("missed: nobody had answered");
    await lines.first().getByRole("button").click();
    await eventually(() => posts("/seen").length).toBe(1);
    await page.getByRole("button", { name: "All 2 seen" }).click();
    await eventually(() => posts("/seen").length).toBe(3);
    await eventually(() => page.locator(".pauses").textContent()).toMatch(/paused by Mei, ends at 03:05/);
    await page.getByRole("button", { name: "Ring again now" }).click();
    await eventually(() => posts("/resume")).toMatchObject([{ body: { condition: "SPO2_WARN" } }]);
    const limits = await page.locator(".limits-line").textContent();
    expect(limits).toMatch(/Version 3 \(Dr\. Lin.*Wider until Nov 22.*Off: /);
  });

  test("says when an answer was not passed on, with cause and fix", async () => {
    const call = occurrence("PATIENT_CALL", { values: { kind: "breathing", how: "key" } });
    server.script.beds = [bedState({ alarms: alarms([call]) })];
    const path = `/api/beds/b1/occurrences/${call.id}/acknowledge`;
    server.script.refusals.set(`POST ${path}`, problem(409, "CONFLICT", "The occurrence has ended."));
    const { page } = await open();
    await eventually(() => page.locator(".evidence").textContent()).toBe("Breathing");
    await page.getByRole("button", { name: "I am with them" }).click();
    await page.locator(".trouble").waitFor();
    const said = await page.locator(".trouble").textContent();
    expect(said).toContain("NOT sent. Nobody knows that you are going.");
    expect(said).toContain("Look again: somebody may have been faster.");
    expect(posts("acknowledge").at(-1)?.body).toEqual({ place: "bedside", card: true });
  });

  test("keeps an alarm open without data and says since when", async () => {
    server.script.beds = [
      bedState({
        signals: signalsAt({ spo2: 60_000 }),
        alarms: alarms([
          occurrence("SPO2_LOW", {
            values: { spo2: 79 },
            state: "unknown",
            unknownSince: wall(NOW - 60_000),
            notDurable: true,
          }),
        ]),
      }),
    ];
    const { page } = await open();
    const card = await page.locator(".alarm").textContent();
    expect(card).toContain("Oxygen 79 %");
    expect(card).toContain("No data since 02:14. These are the last values; the alarm stays open.");
    expect(card).toContain("Not written down");
  });

  test("marks SIMULATED and DRILL wherever the state says so", async () => {
    server.script.demo = false;
    server.script.beds = [
      bedState({
        alarms: alarms([occurrence("VENT_APNEA", { drill: true })], { drillUntil: wall(NOW + 60_000) }),
      }),
    ];
    const { page } = await open();
    await eventually(() => page.locator(".mark-simulated").textContent()).toContain("SIMULATED");
    await eventually(() => page.locator(".marks .mark-drill").textContent()).toContain("DRILL");
    await eventually(() => page.locator(".alarm .tag").allTextContents()).toEqual(["DRILL", "SIMULATED"]);
    const real = { simulated: false };
    server.state(bedState({ ...real, sources: [{ ...oximeter, ...real }] }));
    await page.locator(".mark-simulated").waitFor({ state: "detached" });
  });

  test("opened with no data at all, says so instead of looking calm", async () => {
    server.script.beds = [
      bedState({
        signals: {},
        sources: [],
        alarms: alarms([], { watch: notWatching }),
        readiness: {
          sounder: { ok: false, detail: "No output. (AUDIO_UNAVAILABLE)" },
          targets: [],
          durable: true,
        },
      }),
    ];
    const { page } = await open();
    const text = await page.locator("main").innerText();
    expect(text).toContain("never received");
    expect(text).toContain("No device is configured for this bed.");
    expect(text).toContain("Nobody else is watching – you are.");
    expect(text).toContain("NO HOUSE SOUNDER");
    expect(text).toContain("Nothing here would wake anybody.");
    expect(text).toContain("Missing data does not ring now");
  });

  test.each(["en", "zh-Hans", "zh-Hant"] as const)(
    "shows each room, lamp and button of the house, and which is broken: %s",
    async (language) => {
      const part = (kind: "caregiver" | "patient" | "output" | "key", name: string, detail?: string) => ({
        ...{ kind, name, ok: detail === undefined, detail: detail ?? "default" },
      });
      const { readiness } = bedState();
      server.script.beds = [
        bedState({
          readiness: {
            ...readiness,
            house: [
              part("caregiver", "Bedroom"),
              part("caregiver", "Kitchen", "aplay: audio open error: No such file or directory"),
              part("patient", "Bedside"),
              part("output", "Lamp", "The broker mqtt://127.0.0.1 is not reached."),
              part("key", "Button by the bed"),
            ],
          },
        }),
      ];
      const words = wordsIn(language).rooms;
      for (const size of [
        { width: 390, height: 844 },
        { width: 1280, height: 800 },
      ]) {
        const { page } = await open({ language, size });
        const lines = page.locator('[data-test="house"] > li');
        await eventually(() => lines.count()).toBe(5);
        const texts = await lines.allInnerTexts();
        expect(texts[0]).toContain(fill(words.caregiverOk, { name: "Bedroom" }));
        expect(texts[1]).toContain(fill(words.caregiverNone, { name: "Kitchen" }));
        expect(texts[1]).toContain("No such file or directory");
        expect(texts[2]).toContain(fill(words.patientOk, { name: "Bedside" }));
        expect(texts[3]).toContain(fill(words.outputNone, { name: "Lamp" }));
        expect(texts[4]).toContain(fill(words.keyOk, { name: "Button by the bed" }));
        expect(await overflowing(page)).toEqual([]);
        expect(await accessibilityFaults(page)).toEqual([]);
        if (SHOTS !== undefined) {
          const file = `${SHOTS}/house-${language}-${size.width}.png`;
          await page.locator(".status").first().screenshot({ path: file });
        }
      }
    },
  );

  test("starts the night with one tap: the watch, a tone to confirm, the screen, notifications or why not", async () => {
    server.script.beds = [bedState({ alarms: alarms([], { watch: notWatching }) })];
    const { page } = await open({ frozen: true });
    await page.clock.resume();
    await page.getByRole("button", { name: "Start the night" }).click();
    await eventually(() => posts("/watch")).toMatchObject([{ body: { on: true } }]);
    await page.getByText("Did you hear the tone?").waitFor();
    await page.getByRole("button", { name: "Yes, I heard it" }).click();
    await page.getByText("This page rings").waitFor();
    // No push service answers here, as in mainland China: the page gives up and says so.
    await page.clock.fastForward(16_000);
    await page.getByText("This phone cannot get Web Push").waitFor();
    server.state(bedState());
    await page.getByText("The watch is on").waitFor();
    await eventually(() => page.locator(".silent").count()).toBe(0);
  });

  test("offers to start the night also while the schedule keeps the watch: this phone has yet to be made ready", async () => {
    server.script.beds = [
      bedState({ alarms: alarms([], { watch: { on: true, reason: "schedule", since: NOW } }) }),
    ];
    const { page } = await open();
    await eventually(() => page.locator(".watching").innerText()).toContain("(by schedule)");
    await eventually(() => page.locator(".silent").count()).toBe(0);
    await page.getByRole("button", { name: "Start the night" }).click();
    await eventually(() => page.getByRole("button", { name: "Start the night" }).count()).toBe(0);
    await eventually(() => page.getByRole("button", { name: "End or pause the watch" }).count()).toBe(1);
  });

  test("ends the night only after a list of what happens and a long press", async () => {
    const { page } = await open();
    const hold = await confirmation(page, "End the night");
    await hold.click();
    expect(posts("/watch")).toEqual([]);
    await page.getByRole("button", { name: "Not now" }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    const again = await confirmation(page, "End the night");
    await again.focus();
    await page.keyboard.down("Enter");
    await eventually(() => posts("/watch")).toMatchObject([{ body: { on: false } }]);
    await page.keyboard.up("Enter");
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  test("is silent for a stay in hospital until the date that somebody gave", async () => {
    const { page } = await open();
    const hold = await confirmation(page, "In hospital");
    await eventually(() => page.locator("dialog h2").textContent()).toBe("Silent until Nov 23, 2026, 12:00?");
    await page.locator("input[name=until]").fill("2026-11-29T18:30");
    await hold.hover();
    await page.mouse.down();
    await eventually(() => posts("/leave")).toMatchObject([
      { body: { reason: "hospital", until: Date.parse("2026-11-29T18:30+08:00") } },
    ]);
    await page.mouse.up();
    server.state(left("hospital"));
    await eventually(() => page.locator(".away").textContent()).toMatch(
      /In hospital, silent until Nov 25.*by Mei/,
    );
    await eventually(() => page.locator(".loud").count()).toBe(0);
    server.state(left("hospital", { asks: true }));
    await page.getByText("Signals are back: start the watch?").waitFor();
    await eventually(() => page.locator(".alarm").count()).toBe(0);
    await page.getByRole("button", { name: "Not now" }).click();
    await eventually(() => posts("acknowledge").length).toBe(1);
    await page.getByRole("button", { name: "Start the watch" }).click();
    await eventually(() => posts("/watch")).toMatchObject([{ body: { on: true } }]);
  });

  test("ends for good after gentle words and a long press, is quiet from then on, and can be taken back", async () => {
    const { page } = await open();
    const hold = await confirmation(page, "Our watch has ended");
    await eventually(() => page.locator("dialog").textContent()).toContain("We are very sorry.");
    await hold.hover();
    await page.mouse.down();
    await eventually(() => posts("/finish")).toMatchObject([{ body: { reason: "death" } }]);
    await page.mouse.up();
    server.state(left("death"));
    await page.locator(".finished").waitFor();
    const shown = await page.locator("main").innerText();
    expect(shown).toContain("The watch has ended");
    expect(shown).not.toMatch(/NOT WATCHING|Nobody else|primary alarm|Oxygen/);
    await page.getByRole("button", { name: /Take it back/ }).click();
    await page.locator("dialog").getByRole("button", { name: "Take it back" }).click();
    await eventually(() => posts("/finish/undo").length).toBe(1);
    server.state(left("death", { until: wall(NOW - 1), asks: true }));
    await page.getByText("Nothing rings. It can simply be switched off.").waitFor();
    await eventually(() => page.getByRole("button", { name: /Take it back/ }).count()).toBe(0);
  });

  test("shows how often which care is due, and a caregiver changes it; others only read it", async () => {
    server.script.role = "caregiver";
    const planned = (carePlan: CarePlan) => bedState({ alarms: alarms([], { carePlan }) });
    server.script.beds = [planned({ turn: 120, wash: 90 })];
    const { page, troubles } = await open();
    const card = page.locator(".care-plan");
    await eventually(() => card.locator("summary").innerText()).toContain(
      "Turning every 2 h, Washing every 90 min",
    );
    await eventually(() => card.getByLabel("Turning").isVisible()).toBe(false);
    await card.locator("summary").click();
    await eventually(() => card.innerText()).toContain("May be changed by: Caregiver, Owner");
    await card.getByLabel("Turning").selectOption("not asked for");
    await card.getByLabel("Suction").selectOption("every 3 h");
    await card.getByText("Not saved yet").waitFor();
    expect([...(await accessibilityFaults(page)), ...(await overflowing(page)), ...troubles]).toEqual([]);
    await card.getByRole("button", { name: "Save the plan" }).click();
    const saved = { suction: 180, wash: 90 };
    await eventually(() => posts("/care/plan").map(({ body }) => body)).toEqual([{ plan: saved }]);
    // It is saved when the box says so, and then what the box says counts again.
    server.state(planned(saved));
    await card.getByText("Not saved yet").waitFor({ state: "detached" });
    server.state(planned({ suction: 240 }));
    await eventually(() => card.getByLabel("Suction").inputValue()).toBe("240");
    server.script.role = "therapist";
    const reader = (await open()).page.locator(".care-plan");
    await reader.locator("summary").click();
    await eventually(() => reader.locator("li").allInnerTexts()).toContain("Suction\nevery 4 h");
  });

  test("tests the alarm after a question, as a drill", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: "Test the alarm" }).click();
    await page.getByRole("button", { name: "Ring now" }).click();
    await eventually(() => posts("/drill")).toMatchObject([{ body: { forMs: 120_000 } }]);
  });

  test("rings by priority until somebody takes the alarm, and only after it was touched", async () => {
    server.script.beds = [maskOff()];
    const { page } = await open();
    await eventually(() => loopingSounds(page)).toBe(0);
    await page.locator(".silent").click();
    await eventually(() => loopingSounds(page)).toBe(1);
    const taken = maskOff().alarms.open.map((each) => ({ ...each, acknowledgement: acknowledgement("Wei") }));
    server.state({ ...maskOff(), alarms: alarms(taken) });
    await eventually(() => loopingSounds(page)).toBe(0);
  });

  test("asks for waveforms while it is in sight, and draws what comes", async () => {
    const { page } = await open();
    await eventually(() => server.requests).toContainEqual({ kind: "waves", bed: "b1", on: true });
    const flow = Array.from({ length: 50 }, (_, index) => 30 * Math.sin(index / 8));
    server.send({ kind: "wave", bed: "b1", device: "v", rateHz: 50, channels: { flow } });
    await page.getByRole("img", { name: /^Flow/ }).waitFor();
    await eventually(() => page.evaluate<number>("probe.bright()")).toBeGreaterThan(20);
  });

  const heartbeat = (): void => server.send({ kind: "heartbeat", at: NOW });

  /** The button to hold, behind the choice of a way out of the watch. */
  async function confirmation(page: OpenPage["page"], choice: string) {
    await page.getByRole("button", { name: "End or pause the watch" }).click();
    await page.locator(".choices").getByRole("button", { name: choice }).click();
    const hold = page.locator("dialog .hold");
    await hold.waitFor();
    return hold;
  }

  const posts = (part: string) =>
    server.asked.filter((asked) => asked.method === "POST" && asked.path.includes(part));
});
