import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { HOUR_MS } from "../../src/domain/time.ts";
import { acknowledgement, alarms, bedState, left, maskOff, NOW, occurrence } from "../support/pages-beds.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  eventually,
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

describe("the patient's page", () => {
  beforeAll(async () => {
    folder = await builtPages();
    browser = await startBrowser({ touch: true });
  });
  beforeEach(async () => {
    server = await startPagesServer(folder);
    server.script.role = "patient";
  });
  afterEach(async () => {
    for (const { page } of opened.splice(0)) await page.close();
    await server.close();
  });
  afterAll(() => browser.close());

  async function open(options: OpenOptions = {}) {
    const open = await browser.open(`${server.url}/patient`, options);
    opened.push(open);
    await open.page.locator(".call-button").waitFor();
    await open.page.locator(".call-message.message-calm").waitFor();
    await eventually(() => open.page.locator(".watch-words").count()).toBe(1);
    return { ...open, message: () => open.page.locator(".call-message").innerText() };
  }

  const calls = () => server.asked.filter(({ path }) => path === "/api/beds/b1/call").map(({ body }) => body);
  const called = (overrides: Parameters<typeof occurrence>[1] = {}) =>
    bedState({ alarms: alarms([occurrence("PATIENT_CALL", overrides)]) });

  test("calls with a touch, says so, and shows who is coming", async () => {
    const { page, message } = await open();
    await page.locator(".call-button").tap();
    await eventually(calls).toEqual([{ how: "touch", kind: "come" }]);
    server.state(called());
    await eventually(message).toContain("They are being woken");
    server.state(called({ acknowledgement: acknowledgement("Mei") }));
    await eventually(message).toBe("Mei is coming");
    server.state(called({ acknowledgement: acknowledgement("Mei", "bedside") }));
    await eventually(message).toBe("Mei is with you");
    server.state(bedState());
    await eventually(message).toBe("The call works");
  });

  test("says who comes also to an alarm that nobody called for, and in quiet words whether somebody watches", async () => {
    const { page, message } = await open();
    const watch = () => page.locator(".watch-words").innerText();
    await eventually(watch).toBe("Watching since 22:15");
    server.state(maskOff((each) => ({ ...each, acknowledgement: acknowledgement("Wei") })));
    await eventually(message).toBe("Wei is coming");
    server.state(left("visit"));
    await eventually(watch).toMatch(/^Away, silent until Nov 25/);
    await eventually(message).toBe("The call works");
  });

  const answers = () =>
    server.asked.filter(({ path }) => path.endsWith("/all-right")).map(({ path }) => path);
  const allRight = { by: { id: "p1", name: "Opa" }, at: NOW };

  test("answers an open alarm with I am all right, by touch, key or look, beside the call as it was", async () => {
    const { page } = await open({ frozen: true });
    const button = page.locator(".all-right-button");
    await eventually(() => button.count()).toBe(0);
    server.state(maskOff());
    await button.waitFor();
    const isTaken = () =>
      eventually(() => button.innerText()).toMatch(/I am all right\s+They see it\. The alarm goes on\./);
    await isTaken();
    await button.tap();
    await eventually(answers).toHaveLength(1);
    await isTaken();
    await page.keyboard.press("Tab");
    await button.focus();
    await page.keyboard.press("Enter");
    await eventually(answers).toHaveLength(2);
    await isTaken();
    await page.mouse.move(10, 10);
    await button.hover();
    await page.locator(".all-right-button.dwell-arming").waitFor();
    await page.clock.fastForward(850);
    await page.clock.fastForward(450);
    await eventually(answers).toHaveLength(3);
    expect(new Set(answers())).toEqual(new Set([answers()[0]]));
    expect(answers()[0]).toMatch(/^\/api\/beds\/b1\/occurrences\/[^/]+\/all-right$/);
    expect(calls()).toEqual([]);
    await page.keyboard.press("Escape");
    server.state(maskOff((each) => ({ ...each, allRight })));
    await eventually(() => button.innerText()).toMatch(
      /✓ I am all right\s+You said so at 02:15\. .*alarm goes on/,
    );
    await eventually(() => button.getAttribute("aria-pressed")).toBe("true");
    server.state(maskOff((each) => ({ ...each, allRight: { ...allRight, before: true } })));
    await eventually(() => button.getAttribute("aria-pressed")).toBe("false");
    server.state(bedState());
    await eventually(() => button.count()).toBe(0);
  });

  test("says when that did not reach anybody, and does not send a late one by itself", async () => {
    const { page } = await open();
    server.state(called());
    const button = page.locator(".all-right-button");
    await button.waitFor();
    const refused = problem(503, "EDGE_SILENT", "The bedside box has not answered.");
    const [{ id } = { id: "" }] = called().alarms.open;
    const path = `/api/beds/b1/occurrences/${id}/all-right`;
    server.script.refusals.set(`POST ${path}`, refused);
    await button.tap();
    await eventually(() => button.innerText()).toContain("This did not reach them.");
    server.script.refusals.clear();
    await page.waitForTimeout(500);
    expect(answers()).toEqual([path]);
  });

  test("lets nobody but the patient say it", async () => {
    server.script.role = "caregiver";
    const { page } = await open();
    server.state(maskOff());
    await page.getByText("Watching since").waitFor();
    server.state(called());
    await eventually(() => page.locator(".call-message").innerText()).toContain("They are being woken");
    expect(await page.locator(".all-right-button").count()).toBe(0);
  });

  test.each(["en", "zh-Hans", "zh-Hant"])(
    "has room for both, on a phone at night and on a desk by day, in %s",
    async (language) => {
      for (const [name, width, height, at] of [
        ["phone", 390, 844, NOW],
        ["desk", 1280, 800, NOW + 10 * HOUR_MS],
      ] as const) {
        const { page } = await open({ language, size: { width, height }, at });
        server.state(maskOff());
        await page.locator(".all-right-button").waitFor();
        await eventually(() => page.locator(".call-desk.dim").count()).toBe(at === NOW ? 1 : 0);
        if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/patient-${language}-${name}.png` });
        expect(await accessibilityFaults(page)).toEqual([]);
        server.state(maskOff((each) => ({ ...each, allRight })));
        await page.locator(".all-right-said").waitFor();
        if (SHOTS !== undefined)
          await page.screenshot({ path: `${SHOTS}/patient-said-${language}-${name}.png` });
        expect(await overflowing(page)).toEqual([]);
        expect(await accessibilityFaults(page)).toEqual([]);
        const [call, said] = await Promise.all(
          [".call-button", ".all-right-button"].map((each) => page.locator(each).boundingBox()),
        );
        expect((call?.height ?? 0) / (said?.height ?? 1)).toBeGreaterThan(1.5);
      }
    },
  );

  test("says that nobody is called once the watch has ended for good, and does not seem to try", async () => {
    const { page, message } = await open();
    server.state(left("transfer"));
    await eventually(message).toMatch(/nobody is called\. Use the bell/);
    await page.locator(".call-button").tap();
    await page.keyboard.press("Space");
    await page.waitForTimeout(300);
    expect(calls()).toEqual([]);
    server.state(left("death"));
    await page.locator(".call-button").waitFor({ state: "detached" });
    await eventually(() => page.locator("main").innerText()).toBe("The watch has ended");
  });

  test.each(["Space", "Enter"])("calls with %s, wherever the focus was left by touch", async (key) => {
    const { page } = await open();
    await page.keyboard.press(key);
    await eventually(calls).toEqual([{ how: "key", kind: "come" }]);
  });

  test("calls with a switch key of one's own, and not with others", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Add a key" }).click();
    await page.keyboard.press("F3");
    await page.getByRole("button", { name: "Remove Space" }).click();
    await page.getByRole("button", { name: "Done" }).click();
    await page.keyboard.press("Space");
    await page.keyboard.press("a");
    expect(calls()).toEqual([]);
    await page.keyboard.press("F3");
    await eventually(calls).toEqual([{ how: "key", kind: "come" }]);
    // Kept on this device.
    await page.reload();
    await page.getByText("press Enter or F3").waitFor();
  });

  test("calls by looking: the pointer rests, the ring fills, three seconds to take it back", async () => {
    const { page, message } = await open({ frozen: true });
    await page.mouse.move(10, 10);
    await page.locator(".call-button").hover();
    await page.locator(".call-button.dwell-arming").waitFor();
    await page.clock.fastForward(850);
    await page.locator(".call-button.dwell-confirming").waitFor();
    await page.clock.fastForward(450);
    await eventually(message).toMatch(/Calling in [23]/);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.clock.fastForward(5_000);
    expect(calls()).toEqual([]);
    await page.mouse.move(10, 10);
    await page.clock.fastForward(500);
    await page.locator(".call-button").hover();
    await page.locator(".call-button.dwell-arming").waitFor();
    await page.clock.fastForward(850);
    await page.clock.fastForward(450);
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    await page.clock.fastForward(3_100);
    await eventually(calls).toEqual([{ how: "dwell", kind: "come" }]);
  });

  test("a pointer that only crosses the button calls nobody", async () => {
    const { page } = await open({ frozen: true });
    await page.locator(".call-button").hover();
    await page.clock.fastForward(600);
    await page.mouse.move(10, 10);
    await page.clock.fastForward(5_000);
    expect(calls()).toEqual([]);
  });

  test("asks what is needed only after the call has gone out", async () => {
    const { page } = await open();
    await eventually(() => page.locator(".wishes").count()).toBe(0);
    await page.locator(".call-button").tap();
    await eventually(calls).toHaveLength(1);
    server.state(called());
    await page.getByRole("button", { name: "Breathing" }).tap();
    await eventually(calls).toEqual([
      { how: "touch", kind: "come" },
      { how: "touch", kind: "breathing" },
    ]);
    await eventually(() => page.locator(".wish-chosen").innerText()).toContain("Breathing");
  });

  test("pressed twenty times in a row, calls once", async () => {
    const { page } = await open();
    for (let presses = 0; presses < 20; presses += 1) await page.keyboard.press("Space");
    await eventually(calls).toHaveLength(1);
    await page.waitForTimeout(300);
    expect(calls()).toHaveLength(1);
  });

  test("says in large words that the call does not work when the connection is lost", async () => {
    const { page, message } = await open();
    server.accept(false);
    server.drop();
    await eventually(message).toBe("Call does not work: use your bell");
    const size = await page
      .locator(".call-message")
      .evaluate((element) => element.getBoundingClientRect().height);
    expect(size).toBeGreaterThan(60);
  });

  test("tries again by itself while the call does not go out, and says to use the bell", async () => {
    server.script.refusals.set("POST /api/beds/b1/call", problem(503, "STATE_FAILED", "Not now."));
    const { page, message } = await open();
    await page.locator(".call-button").tap();
    await eventually(message).toBe("The call did not go out. Use your bell. Trying again…");
    server.script.refusals.clear();
    await eventually(() => calls().length).toBeGreaterThan(1);
    server.state(called());
    await eventually(message).toContain("They are being woken");
  });

  test("says that nothing rings where no sounder and no phone would", async () => {
    const silent = { sounder: { ok: false, detail: "" }, targets: [], durable: true };
    server.script.beds = [bedState({ readiness: silent })];
    const open = await browser.open(`${server.url}/patient`);
    opened.push(open);
    const message = () => open.page.locator(".call-message").innerText();
    await eventually(message).toContain("nothing rings. Use your bell too.");
    await open.page.locator(".call-button").tap();
    server.state({ ...called(), readiness: silent });
    await eventually(message).toContain("nothing rings. Use your bell too.");
    server.state({ ...called({ acknowledgement: acknowledgement("Mei") }), readiness: silent });
    await eventually(message).toBe("Mei is coming");
  });

  test("is dark at night in the bed's zone, still readable, and bright again when somebody is called", async () => {
    const { page } = await open({ at: NOW });
    await eventually(() => page.locator(".call-desk.dim").count()).toBe(1);
    await eventually(() => accessibilityFaults(page)).toEqual([]);
    server.state(called());
    await page.locator(".call-desk:not(.dim)").waitFor();
    const day = await browser.open(`${server.url}/patient`, { at: NOW + 10 * HOUR_MS });
    opened.push(day);
    server.state(bedState());
    await day.page.getByText("The call works").waitFor();
    await eventually(() => day.page.locator(".call-desk.dim").count()).toBe(0);
  });

  test("does not believe a call that never shows up among the alarms", async () => {
    const { page, message, hears } = await open({ frozen: true });
    await page.locator(".call-button").tap();
    await eventually(calls).toHaveLength(1);
    await eventually(message).toBe("Calling…");
    await page.clock.fastForward(9_000);
    await hears(() => server.state());
    await page.clock.fastForward(2_000);
    await eventually(message).toBe("Call does not work: use your bell");
  });

  test("has targets that eyes can hit: the call and every wish", async () => {
    server.script.beds = [called()];
    const open = await browser.open(`${server.url}/patient`, { size: { width: 1280, height: 800 } });
    opened.push(open);
    await open.page.locator(".wish").first().waitFor();
    // 4 cm are 151 CSS pixels; the wishes are at least 2.5 cm high.
    const call = await open.page.locator(".call-button").boundingBox();
    expect(Math.min(call?.width ?? 0, call?.height ?? 0)).toBeGreaterThan(151);
    for (const wish of await open.page.locator(".wish").all()) {
      const box = await wish.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThan(95);
    }
  });
});
