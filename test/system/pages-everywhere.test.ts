import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { LANGUAGES } from "../../src/domain/person.ts";
import { nightOf } from "../../src/domain/time.ts";
import {
  acknowledgement,
  alarms,
  bedState,
  busyNight,
  deviceView,
  left,
  maskOff,
  NOW,
  nightResponse,
  notWatching,
  occurrence,
  oximeter,
  sensorOff,
  signalsAt,
  ZONE,
} from "../support/pages-beds.ts";
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
import { type PagesServer, problem, startPagesServer } from "../support/pages-server.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

const NIGHT = nightOf(NOW, ZONE);

let folder: string;
let browser: Browser;
let server: PagesServer;
const opened: OpenPage[] = [];

/** Each with what the page must show before it is looked at. */
const STATES = [
  { name: "a quiet night", path: "/", shows: ".number-giant", beds: [bedState()] },
  { name: "a card with its cause", path: "/", shows: ".alarm-high", beds: [maskOff()] },
  { name: "a sensor that fell off", path: "/", shows: ".alarm-medium", beds: [sensorOff()] },
  {
    name: "the gentle question",
    path: "/",
    shows: ".alarm-medium",
    beds: [sensorOff({ accepted: { id: "p1", name: "Aleksandra-Christina" } })],
  },
  { name: "care, pauses, traces, limits", path: "/", shows: ".care-now", beds: [busyNight()] },
  { name: "away, signals are back", path: "/", shows: ".back", beds: [left("hospital", { asks: true })] },
  { name: "the watch has ended", path: "/", shows: ".finished", beds: [left("death", { asks: true })] },
  { name: "a call that reaches nobody", path: "/patient", shows: ".message-bad", beds: [left("transfer")] },
  {
    name: "the patient's page after the end",
    path: "/patient",
    shows: ".watch-words",
    beds: [left("death")],
  },
  {
    name: "stale numbers, a taken alarm, nobody on watch",
    path: "/",
    shows: ".is-gone",
    beds: [
      bedState({
        signals: signalsAt({ spo2: 12_000, pulse_rate: 45_000, leak: 31_000 }, { perfusion_index: "off" }),
        sources: [{ ...oximeter, link: "lost", problem: "The port went away. (LINK_LOST)" }],
        alarms: alarms(
          [
            occurrence("OXI_SENSOR_OFF", {
              priority: "medium",
              subject: oximeter.device,
              acknowledgement: acknowledgement("Aleksandra-Christina"),
            }),
          ],
          { watch: notWatching, unknown: [{ condition: "VENT_PRESSURE_LOW", why: "no IPAP is known" }] },
        ),
        readiness: {
          sounder: { ok: false, detail: "No output. (AUDIO_UNAVAILABLE)" },
          targets: [],
          durable: false,
        },
      }),
    ],
  },
  { name: "the call", path: "/patient", shows: ".call-button", beds: [bedState()] },
  {
    name: "the call, somebody coming",
    path: "/patient",
    shows: ".wish",
    beds: [
      bedState({ alarms: alarms([occurrence("PATIENT_CALL", { acknowledgement: acknowledgement("Mei") })]) }),
    ],
  },
  { name: "a night", path: "/therapist", shows: ".strip-plot canvas", beds: [bedState()] },
  { name: "the devices", path: "/technician", shows: ".device", beds: [bedState()] },
] as const;

describe("every page", () => {
  beforeAll(async () => {
    folder = await builtPages();
    browser = await startBrowser();
  });
  beforeEach(async () => {
    server = await startPagesServer(folder);
    server.script.nights = [{ night: NIGHT, simulated: true }];
  });
  afterEach(async () => {
    for (const { page } of opened.splice(0)) await page.close();
    await server.close();
  });
  afterAll(() => browser.close());

  async function open(path: string, options: OpenOptions = {}) {
    const open = await browser.open(`${server.url}${path}`, options);
    opened.push(open);
    return open;
  }

  for (const size of [PHONE, DESK]) {
    test.each(STATES)(
      `fits ${size.width} x ${size.height} in three languages and is readable for everybody: $name`,
      async ({ path, shows, beds }) => {
        server.script.beds = beds;
        const faults: string[] = [];
        const { page, troubles } = await open(path, { size });
        await page.locator(shows).first().waitFor();
        for (const language of LANGUAGES) {
          await page.locator(`.languages [lang=${language}]`).click();
          await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
          await page.evaluate("probe.openAll()");
          faults.push(...(await overflowing(page)).map((fault) => `${language}: ${fault}`));
        }
        faults.push(...(await accessibilityFaults(page)));
        expect([...faults, ...troubles]).toEqual([]);
      },
    );
  }

  test.each([PHONE, DESK])(
    "asks how the watch is left in three languages, readable for everybody: $width x $height",
    async (size) => {
      const faults: string[] = [];
      for (const language of LANGUAGES) {
        const { page, troubles } = await open("/", { size, language });
        for (const choice of [0, 1, 2, 3, 4]) {
          await page.locator(".night button.quiet").last().click();
          await page.locator(".choices").waitFor();
          faults.push(...(await overflowing(page)).map((fault) => `${language} choices: ${fault}`));
          await page.locator(".choices button").nth(choice).click();
          await page.locator("dialog .hold").waitFor();
          faults.push(...(await overflowing(page)).map((fault) => `${language} ${choice}: ${fault}`));
          faults.push(...(await accessibilityFaults(page)).map((fault) => `${language} ${choice}: ${fault}`));
          await page.keyboard.press("Escape");
        }
        faults.push(...troubles);
      }
      expect(faults).toEqual([]);
    },
  );

  test("signs in with the code of the address, which then stands in it no more", async () => {
    server.script.role = undefined;
    const { page, troubles } = await open("/#code=k3f7q-zm2xw");
    await eventually(() => page.locator("input[name=code]").inputValue()).toBe("k3f7q-zm2xw");
    await eventually(() => new URL(page.url()).hash).toBe("");
    await eventually(() => accessibilityFaults(page)).toEqual([]);
    await page.locator("input[name=name]").fill("Mei");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("[data-signal=spo2]").waitFor();
    const asked = server.asked.find(({ path }) => path === "/api/sign-in");
    expect(asked?.body).toEqual({ code: "k3f7q-zm2xw", name: "Mei", language: "en" });
    expect(troubles).toEqual([]);
  });

  test("explains a wrong code with cause and fix", async () => {
    server.script.role = undefined;
    server.script.refusals.set("POST /api/sign-in", problem(403, "NOT_ALLOWED", "This code is wrong."));
    const { page } = await open("/", { language: "zh-Hans" });
    await page.locator("input[name=code]").fill("wrong");
    await page.locator("input[name=name]").fill("Mei");
    await page.locator("form.sign-in button[type=submit]").click();
    await page.locator(".trouble").waitFor();
    await eventually(() => page.locator(".trouble").innerText()).toMatch(/原因.*没有权限[\s\S]*怎么办.*口令/);
  });

  test("asks to sign in again when the session has ended", async () => {
    const { page } = await open("/");
    await page.locator("[data-signal=spo2]").waitFor();
    server.script.role = undefined;
    server.drop();
    await page.locator("form.sign-in").waitFor();
    await eventually(() => page.locator("[data-signal=spo2]").count()).toBe(0);
  });

  test("gives each role the pages that it has a use for", async () => {
    for (const [role, links] of [
      ["owner", ["Watch", "Call", "Nights", "Devices"]],
      ["caregiver", ["Watch", "Call"]],
      ["patient", ["Call"]],
    ] as const) {
      server.script.role = role;
      const { page } = await open("/");
      await eventually(() => page.locator("footer nav a").allTextContents()).toEqual(links);
    }
  });

  describe("the therapist's page", () => {
    test("reads a strip out with the arrow keys, and says nothing is there where nothing was recorded", async () => {
      const { page } = await open("/therapist", { size: DESK });
      const figure = page.getByRole("figure", { name: /^Oxygen in %, 21:00 to 06:00/ });
      await figure.focus();
      await page.keyboard.press("Home");
      const reading = () => page.locator(".strip .reading").first().innerText();
      await eventually(reading).toBe("21:00: no data");
      await page.keyboard.press("End");
      await eventually(reading).toMatch(/^0[56]:\d\d/);
      for (let steps = 0; steps < 3; steps += 1) await page.keyboard.press("Shift+ArrowLeft");
      await eventually(reading).toMatch(/^05:\d\d: Oxygen 9\d, from 9\d to 9\d$/);
      // Announced to a screen reader once it rests.
      await eventually(() => page.locator(".strip [aria-live]").first().textContent()).toMatch(
        /^05:\d\d: Oxygen/,
      );
    });

    test("offers every strip as a table of the same numbers, page by page", async () => {
      const { page } = await open("/therapist", { size: DESK });
      const strip = page.locator(".strip").first();
      await strip.locator("summary").click();
      const rows = strip.locator("tbody tr");
      await eventually(() => rows.count()).toBe(20);
      const night = nightResponse(NIGHT);
      const index = night.strips[0]?.mean.findIndex((value) => value !== null) ?? -1;
      const row = rows.nth(index % 20);
      const expected = [night.strips[0]?.min, night.strips[0]?.mean, night.strips[0]?.max].map((list) =>
        String(Math.round(list?.[index] ?? Number.NaN)),
      );
      await eventually(() => row.locator("td").allTextContents()).toEqual(expected);
      await strip.getByRole("button", { name: "Earlier" }).click();
      await eventually(() => rows.first().locator("td").allTextContents()).toEqual([
        "no data",
        "no data",
        "no data",
      ]);
    });

    test("greys a metric with little valid data, and never shows one without its coverage and rule", async () => {
      const { page } = await open("/therapist", { size: DESK });
      const row = (id: string) => page.locator(`[data-metric=${id}]`);
      await eventually(() => row("T90").innerText()).toMatch(/1\.3 %\s+94 %\s+t90-lt-1/);
      await eventually(() => row("ODI4_M120").getAttribute("class")).toBe("insufficient");
      await eventually(() => row("ODI3_M120").innerText()).toContain("insufficient data");
      await eventually(() => row("LONGEST_LE88").innerText()).toContain("4 min 12 s");
    });

    test("lists the alarms with who answered, and links the night as CSV", async () => {
      const { page } = await open("/therapist", { size: DESK });
      const table = page.getByRole("region", { name: "Alarms" }).locator("tbody tr");
      await eventually(() => table.nth(1).innerText()).toMatch(
        /02:10:00.*EMERGENCY · Mask or tube off.*6 min.*Wei after 1 min/s,
      );
      await eventually(() => page.getByRole("link", { name: "Download as CSV" }).getAttribute("href")).toBe(
        `/api/beds/b1/nights/${NIGHT}/csv`,
      );
    });

    test("without any night says so; with a store that fails says that", async () => {
      server.script.nights = [];
      const { page } = await open("/therapist");
      await page.getByText("No night has been recorded yet.").waitFor();
      server.script.refusals.set(
        "GET /api/beds/b1/nights",
        problem(503, "STORE_STALLED", "No answer for 10 s."),
      );
      await page.reload();
      await page.getByText("Try again in a minute; alarms still ring.").waitFor();
      server.script.refusals.clear();
      server.script.nights = [{ night: NIGHT, simulated: false }];
      await page.getByRole("button", { name: "Try again" }).click();
      await page.locator(".strip-plot canvas").first().waitFor();
    });
  });

  describe("the technician's page", () => {
    test("shows link, problem with its fix, counters, and frames hex beside meaning that can be held still", async () => {
      const broken = {
        ...oximeter,
        link: "refused" as const,
        problem: "May not open /dev/ttyUSB0. (LINK_REFUSED)",
      };
      server.script.devices = [deviceView(broken)];
      const { page } = await open("/technician", { size: DESK });
      const device = page.locator(".device");
      await device.waitFor();
      await eventually(() => device.locator(".link").innerText()).toContain("not allowed to open");
      await eventually(() => device.locator(".problem").innerText()).toContain(
        "Does another program use it?",
      );
      await eventually(() => device.locator(".counters").innerText()).toMatch(
        /rejected\s+3[\s\S]*gaps over 3 s\s+2/,
      );
      expect(server.asked.filter(({ path }) => path.endsWith("/frames"))).toEqual([]);
      await device.getByText("Live frames").click();
      const cells = device.locator("tbody tr").first().locator("td");
      await eventually(() => cells.nth(2).innerText()).toBe("01 80 5f 02 df");
      await eventually(() => cells.nth(3).innerText()).toBe("SpO2 95, pulse 72");
      await page.getByRole("button", { name: "Hold still" }).click();
      server.script.devices = [deviceView(oximeter)];
      server.script.frames = [];
      await eventually(() => device.locator(".link").innerText()).toContain("connected");
      await eventually(() => device.locator("tbody tr").count()).toBe(30);
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByText("No frame yet.").waitFor();
    });

    test("moves the virtual patient, and only where the bed is simulated", async () => {
      const { page } = await open("/technician");
      await page.getByRole("button", { name: "Mask off", exact: true }).click();
      await page.getByText("Done: Mask off").waitFor();
      expect(server.asked).toContainEqual({
        method: "POST",
        path: "/api/simulation/b1",
        body: { event: "mask_off" },
      });
      server.state(bedState({ simulated: false }));
      await page.locator(".simulation").waitFor({ state: "detached" });
    });

    test("lets the owner make a code for one person, and nobody else", async () => {
      const { page } = await open("/technician");
      await page.getByLabel("Role").selectOption("patient");
      await page.getByRole("button", { name: "Make a code" }).click();
      await page.getByText("k3f7q-zm2xw", { exact: true }).waitFor();
      await eventually(() => page.locator(".join-code").innerText()).toMatch(
        /Code for Patient, valid for (10|9) min/,
      );
      expect(server.asked.find(({ path }) => path === "/api/people/join-codes")?.body).toEqual({
        role: "patient",
      });
      server.script.role = "technician";
      await page.reload();
      await page.locator(".device").first().waitFor();
      await eventually(() => page.getByRole("button", { name: "Make a code" }).count()).toBe(0);
    });

    test("signs out on this phone", async () => {
      const { page } = await open("/technician");
      await page.getByRole("button", { name: "Sign out on this phone" }).click();
      await page.locator("form.sign-in").waitFor();
    });
  });
});
