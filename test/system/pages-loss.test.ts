// Who is woken no more, asked before a person leaves or a sign-in ends: on the real server's routes, in a real browser.
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { LANGUAGES } from "../../src/domain/person.ts";
import { CHANNEL_MODULES } from "../../src/notify/modules.ts";
import type { HealthReport } from "../../src/port/health.ts";
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
import { NOW, startHarness } from "../unit/server/harness.ts";

const { describe, test } = requires("chromium");

const PICTURES = process.env["BREATHWATCH_PICTURES"];
const IPHONE = { width: 390, height: 844 } as const;
const PUSH = { p256dh: "B".repeat(87), auth: "a".repeat(22), label: "This phone" };
const WELL: HealthReport = { version: "test", at: NOW, upMs: 0, findings: [], beds: [], memoryBytes: 0 };

describe("before somebody is woken no more", { timeout: 120_000 }, () => {
  let pages: string;
  let browser: Browser;
  beforeAll(async () => {
    pages = await builtPages();
    browser = await startBrowser();
  }, 120_000);
  afterAll(() => browser.close());

  /** Mei, the owner, with a phone of this browser; Ba with a phone that a channel calls; Lin, who has none. */
  const house = async () => {
    const harness = await startHarness({
      ...{ pagesFolder: pages, channels: CHANNEL_MODULES },
      // The technician's page asks for it.
      health: { report: async () => WELL, isServing: async () => true },
    });
    onTestFinished(() => harness.close());
    await harness.app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = harness.app.server.address() as { port: number };
    const url = `http://localhost:${port}`;
    await harness.person("owner", "Mei");
    const ba = await harness.person("caregiver", "Ba");
    await harness.person("caregiver", "Lin");
    await harness.state.putTarget({
      ...{ id: "ba-call", person: ba.id, channel: "modem", label: "138…", addedAt: NOW },
      settings: { phone: "+8613800138000", what: "call" },
    });
    await harness.state.setValue("channel_access modem", JSON.stringify({ port: "/dev/ttyUSB2" }));
    const cookie = await harness.signIn("owner", "Mei");
    const payload = { ...PUSH, endpoint: "https://push.example.com/send/mei" };
    await harness.app.inject({ method: "POST", url: "/api/push", headers: { cookie }, payload });
    const [name = "", value = ""] = cookie.split("=");
    await browser.context.clearCookies();
    await browser.context.addCookies([{ name, value, url }]);
    const opened = await browser.open(`${url}/technician`, { size: IPHONE });
    onTestFinished(() => opened.page.close());
    await opened.page.locator(".languages [lang=en]").click();
    return { ...opened, harness };
  };
  const people = async (harness: Awaited<ReturnType<typeof house>>["harness"]) =>
    (await harness.state.people()).map(({ name }) => name);
  const phones = async (harness: Awaited<ReturnType<typeof house>>["harness"]) =>
    (await harness.state.targets()).map(({ label }) => label);

  test("somebody with the only phone of theirs leaves only once that was read; who has none, at the second tap", async () => {
    const { page, troubles, harness } = await house();
    await page.getByRole("button", { name: "Show the people" }).click();
    const line = (name: string) => page.locator(".members > li", { hasText: name });
    const dialog = page.getByRole("dialog");
    await line("Ba").getByRole("button", { name: "Remove" }).click();
    await eventually(() => dialog.getByRole("alert").innerText()).toBe(
      "After this no phone of Ba is called any more: fewer people are woken than now.",
    );
    const faults: string[] = [];
    for (const language of LANGUAGES) {
      await dialog.locator("button").last().click();
      await page.locator(`.languages [lang=${language}]`).click();
      await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
      await line("Ba").locator("button").first().click();
      await dialog.getByRole("alert").waitFor();
      for (const size of [IPHONE, DESK]) {
        await page.setViewportSize(size);
        if (PICTURES !== undefined) {
          await page.screenshot({ path: `${PICTURES}/leaves-${language}-${size.width}.png` });
        }
        faults.push(...(await overflowing(page)), ...(await accessibilityFaults(page)));
      }
    }
    expect(faults).toEqual([]);
    expect(await people(harness)).toEqual(["Mei", "Ba", "Lin"]);
    await dialog.locator("button").last().click();
    await page.locator(".languages [lang=en]").click();
    await line("Ba").getByRole("button", { name: "Remove" }).click();
    await dialog.getByRole("button", { name: "Do it all the same" }).click();
    await eventually(() => people(harness)).toEqual(["Mei", "Lin"]);
    expect(await phones(harness)).toEqual(["This phone"]);

    await line("Lin").getByRole("button", { name: "Remove" }).click();
    await dialog.getByText("Their phones are no longer called").waitFor();
    expect(await dialog.getByRole("alert").count()).toBe(0);
    await dialog.getByRole("button", { name: "Remove" }).click();
    await eventually(() => people(harness)).toEqual(["Mei"]);
    expect(troubles).toEqual([]);
  });

  test("signing out where the only phone was added asks; with another phone it does not", async () => {
    const { page, troubles, harness } = await house();
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "Sign out on this phone" }).click();
    await eventually(() => dialog.getByRole("alert").innerText()).toContain("no phone of Mei is called");
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/sign-out-en-390.png` });
    await dialog.getByRole("button", { name: "Leave as it is" }).click();
    expect(await phones(harness)).toEqual(["138…", "This phone"]);
    // Later a question that was on its way when the sign-in ended is refused.
    expect(troubles).toEqual([]);
    const [mei] = await harness.state.people();
    await harness.state.putTarget({
      ...{ id: "mei-call", person: mei?.id ?? "", channel: "modem", label: "139…", addedAt: NOW },
      settings: { phone: "+8613900139000", what: "call" },
    });
    await page.getByRole("button", { name: "Sign out on this phone" }).click();
    await page.locator("form.sign-in").waitFor();
    expect((await phones(harness)).toSorted()).toEqual(["138…", "139…"]);
  });

  test("a new password asks where another sign-in's phone is somebody's only one, and sets nothing before that", async () => {
    const { page, troubles, harness } = await house();
    // The phone of this browser belongs to a sign-in elsewhere now.
    const elsewhere = await harness.signIn("owner", "Mei");
    const payload = { ...PUSH, endpoint: "https://push.example.com/send/mei" };
    await harness.app.inject({ method: "POST", url: "/api/push", headers: { cookie: elsewhere }, payload });
    await page.getByRole("button", { name: "Where you are signed in" }).click();
    const form = page.locator("form.own-password");
    const dialog = page.getByRole("dialog");
    await form.locator("[name=username]").fill("mei@home");
    await form.locator("[name=new-password]").fill("correct horse");
    const faults: string[] = [];
    for (const language of LANGUAGES) {
      await page.locator(`.languages [lang=${language}]`).click();
      await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
      await form.locator("button[type=submit]").click();
      await dialog.getByRole("alert").waitFor();
      for (const size of [IPHONE, DESK]) {
        await page.setViewportSize(size);
        if (PICTURES !== undefined) {
          await page.screenshot({ path: `${PICTURES}/password-${language}-${size.width}.png` });
        }
        faults.push(...(await overflowing(page)), ...(await accessibilityFaults(page)));
      }
      await dialog.locator("button").last().click();
    }
    expect(faults).toEqual([]);
    expect(await phones(harness)).toEqual(["138…", "This phone"]);
    expect(await harness.accounts.password("mei@home")).toBeUndefined();
    await page.locator(".languages [lang=en]").click();
    await form.locator("button[type=submit]").click();
    await dialog.getByRole("button", { name: "Do it all the same" }).click();
    await form.locator("output").waitFor();
    expect(await phones(harness)).toEqual(["138…"]);
    expect(await harness.accounts.password("mei@home")).toBeDefined();
    expect(troubles).toEqual([]);
  });
});
