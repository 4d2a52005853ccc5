// The technician's page on a hub: homes, the box of a bed, its devices, frames, recorder and audit record.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { LANGUAGES } from "../../src/domain/person.ts";
import { bedState, deviceView, NOW, oximeter, ventilator } from "../support/pages-beds.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  DESK,
  eventually,
  overflowing,
  startBrowser,
} from "../support/pages-browser.ts";
import { type PagesServer, startPagesServer } from "../support/pages-server.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

const PHONE = { width: 390, height: 844 };
const HOME = "abcdefghij";
const BED = `${HOME}~b1`;
const DEVICES = `/api/beds/${BED}/devices`;
const FRAMES = `GET ${DEVICES}/${oximeter.device}/frames`;
/** Where pictures for a person go; absent: none are taken. */
const SHOTS = process.env["BREATHWATCH_PICTURES"];

let pages: string;
let browser: Browser;
let server: PagesServer;

describe("the technician's page on a hub", () => {
  beforeAll(async () => {
    pages = await builtPages();
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    server = await startPagesServer(pages);
    const { script } = server;
    script.role = "technician";
    script.about = { hub: true, homes: [{ home: HOME, role: "technician" }] };
    script.beds = [bedState({ bed: BED, label: "Mei" })];
    const home = { id: HOME, label: "Lakeside 7", createdAt: NOW, boxes: [] };
    script.answers.set("GET /api/homes", {
      homes: [home],
      total: 1,
      codes: [],
      waiting: [],
      organisations: [],
    });
    told({ online: true, heardAt: NOW - 3_000 });
  });
  afterEach(() => server.close());

  function told(box: object): void {
    const devices = [oximeter, ventilator].map((source) =>
      deviceView(source, {
        bed: BED,
        options: { format: 7 },
        serial: { found: "SN-2", bound: source === oximeter ? "SN-1" : "SN-2" },
      }),
    );
    server.script.answers.set(`GET ${DEVICES}`, { devices, box });
  }

  async function openBox(size = PHONE) {
    const opened = await browser.open(`${server.url}/technician`, { size });
    await opened.page.locator(".languages [lang=en]").click();
    await opened.page.locator(`[data-bed="${BED}"]`).click();
    const box = opened.page.locator(`[data-box-of="${BED}"]`);
    await box.locator(".device").first().waitFor();
    return { ...opened, box };
  }

  test("leads from a home to its bed's devices, and offers nothing that only the box can do", async () => {
    const { page, box, troubles } = await openBox();
    await eventually(() => page.locator(".boxes button").innerText()).toBe("Lakeside 7 · Mei");
    await eventually(() => box.locator(".box-here").innerText()).toMatch(/^The box is there, heard /);
    expect(await box.locator(".device").count()).toBe(2);
    const sensor = box.locator(".device").first();
    await eventually(() => sensor.innerText()).toContain("ANOTHER DEVICE: SN-2 instead of SN-1");
    expect(await sensor.getByRole("button", { name: "This one belongs here" }).count()).toBe(0);
    await sensor.getByText("What is known of this family").click();
    await eventually(() => sensor.innerText()).toContain("format: 7");
    await sensor.getByText("What it measures now").click();
    await eventually(() => sensor.locator(".measures").innerText()).toMatch(/9\d/);
    await eventually(() => box.innerText()).toContain("On the box's own page in the house alone");
    expect(await page.locator("#simulation, #commissioning").count()).toBe(0);
    await eventually(() => box.innerText()).toContain("The audit record is for the owner of the home");
    expect(await box.locator(".audit a").count()).toBe(0);
    expect(server.asked.some(({ path }) => path === "/api/devices")).toBe(false);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("asks the box for frames, shows them, and stops when ten minutes are over until somebody looks again", async () => {
    const { script } = server;
    script.answers.set(FRAMES, { frames: [], look: "asking" });
    const { page, box } = await openBox();
    const sensor = box.locator(".device").first();
    await sensor.getByText("Live frames").click();
    await eventually(() => sensor.locator(".frames").innerText()).toContain("Asking the box…");
    script.answers.set(FRAMES, { frames: script.frames, look: "live" });
    await sensor.locator("tbody tr").first().waitFor();
    await eventually(() => sensor.locator("tbody").innerText()).toMatch(/01 80 5f 02 df\s+SpO2 95/);
    script.answers.set(FRAMES, { frames: [], look: "over" });
    await eventually(() => sensor.locator(".frames").innerText()).toContain("Ten minutes are over");
    script.answers.set(FRAMES, { frames: script.frames, look: "live" });
    await sensor.getByRole("button", { name: "Look again" }).click();
    await sensor.locator("tbody tr").first().waitFor();
    await page.close();
  });

  test("says since when the box is away, and why nothing can be had of it", async () => {
    told({ online: false, heardAt: NOW - 3_600_000 });
    server.script.refusals.set(FRAMES, {
      ...{ type: "about:blank", title: "", status: 503, code: "EDGE_SILENT", instance: "" },
      detail: "The bedside box has not been heard since 2026-01-10T13:00:00Z.",
    });
    const { page, box } = await openBox();
    await eventually(() => box.locator(".problem").first().innerText()).toMatch(/^The box is away since /);
    const sensor = box.locator(".device").first();
    await sensor.getByText("Live frames").click();
    await eventually(() => sensor.locator(".frames").innerText()).toContain(
      "The bedside box does not answer.",
    );
    await page.close();
  });

  test("gives the audit record to an owner", async () => {
    server.script.role = "owner";
    server.script.about = { hub: true, homes: [{ home: HOME, role: "owner" }] };
    const { page, box } = await openBox();
    const links = box.locator(".audit a");
    await eventually(() => links.count()).toBe(2);
    const address = new URL((await links.first().getAttribute("href")) ?? "", server.url);
    expect(decodeURIComponent(address.pathname)).toBe(`/api/beds/${BED}/audit`);
    await page.close();
  });

  test("fits a phone and a desk in three languages", { timeout: 60_000 }, async () => {
    for (const { device } of [oximeter, ventilator]) {
      const answer = { frames: server.script.frames, look: "live" };
      server.script.answers.set(`GET ${DEVICES}/${device}/frames`, answer);
    }
    const { page } = await openBox();
    const faults: string[] = [];
    for (const size of [PHONE, DESK]) {
      await page.setViewportSize(size);
      for (const language of LANGUAGES) {
        await page.locator(`.languages [lang=${language}]`).click();
        await page.evaluate("probe.openAll()");
        faults.push(...(await overflowing(page)).map((fault) => `${language} ${size.width}: ${fault}`));
        if (SHOTS !== undefined) {
          await page.screenshot({ path: `${SHOTS}/hub-${language}-${size.width}.png`, fullPage: true });
        }
      }
      faults.push(...(await accessibilityFaults(page)));
    }
    expect(faults).toEqual([]);
    await page.close();
  });
});
