// Sign-in through a clinic's own provider of identities: a hub as it is installed, a real provider, a real browser.
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { stringify } from "yaml";
import type { ConfigFile } from "../../src/config/schema.ts";
import { type ClinicSignIn, signInAtClinic, startClinicSignIn } from "../support/clinic-sign-in.ts";
import { runCommand } from "../support/command-line.ts";
import { ask, type RunningHome, signIn, startHome, temporaryFolder } from "../support/home.ts";
import { freePort } from "../support/mosquitto.ts";
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

const PHONE = { width: 390, height: 844 } as const;
const { test } = requires("chromium");

/** Language, button, and what it says where the provider does not answer. */
const WORDS = [
  ["en", "Sign in with City Clinic", "The clinic's sign-in does not work now."],
  ["zh-Hans", "用City Clinic登录", "机构登录现在不能用。"],
  ["zh-Hant", "用City Clinic登入", "機構登入現在不能用。"],
] as const;

interface SignIns {
  readonly signIns: readonly { readonly way: string; readonly current: boolean }[];
}

test("a clinic's people sign in at the clinic, as long as it lets them", { timeout: 180_000 }, async ({
  onTestFinished,
}) => {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const clinic = await startClinicSignIn(`${url}/api/sign-in/oidc/city/return`);
  onTestFinished(clinic.stop);
  clinic.people.set("wu", { name: "Dr Wu", groups: ["staff", "breathwatch-therapists"] });
  clinic.people.set("li", { name: "Li Wei", groups: ["breathwatch-technicians"] });
  clinic.people.set("guest", { name: "Guest", groups: ["staff"] });
  const file = hubFile(folder, { port, clinic });
  await builtPages();
  const hub = await startHome(["hub", "--config", file], { folder, dataDir: path.join(folder, "data") });
  onTestFinished(async () => {
    await hub.stop();
  });
  const owner = await signIn(hub, "Dr Zhang");
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  // The provider's own pages ask for a font on the internet; here there is none.
  await browser.context.route(
    (asked) => !["localhost", "127.0.0.1"].includes(asked.hostname),
    (route) => route.abort(),
  );

  // The first time: the button, the clinic's pages, and back as who the clinic says one is.
  const { page } = await browser.open(`${url}/technician`, { size: PHONE });
  const strangers: string[] = [];
  page.on("request", (request) => {
    const isOurs = request.frame().url().startsWith(url);
    if (isOurs && !request.isNavigationRequest() && !request.url().startsWith(url))
      strangers.push(request.url());
  });
  await page.getByRole("button", { name: "Sign in with City Clinic" }).click();
  await signInAtClinic(page, "li");
  await page.waitForURL(`${url}/technician`);
  await eventually(() => whoIsIn(browser, hub)).toMatchObject({
    person: { name: "Li Wei", role: "technician" },
    organisations: [{ role: "technician" }],
  });
  await page.getByRole("button", { name: "Where you are signed in" }).click();
  await eventually(() => page.locator(".identities li").innerText()).toContain("it is your one way in");
  expect(await page.getByRole("button", { name: "Make a passkey" }).count()).toBe(0);
  await picture(page, "oidc-list-phone");
  const { signIns } = (await ask(hub, "GET", "/api/me/sign-ins", undefined, await cookieOf(browser)))
    .body as SignIns;
  expect(signIns).toMatchObject([{ way: "clinic", current: true }]);

  // Signed out here, still signed in there: one tap, and nobody types anything.
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in with City Clinic" }).click();
  await page.waitForURL(`${url}/technician`);
  await eventually(() => page.getByRole("button", { name: "Where you are signed in" }).count()).toBe(1);
  const before = await cookieOf(browser);
  expect((await ask(hub, "GET", "/api/me/sign-ins", undefined, before)).status).toBe(200);

  // The clinic takes the group away: the next try is refused in words, and the sign-in from before is over.
  clinic.people.set("li", { name: "Li Wei", groups: ["staff"] });
  const other = await startBrowser();
  onTestFinished(() => other.close());
  await other.context.route(
    (asked) => !["localhost", "127.0.0.1"].includes(asked.hostname),
    (route) => route.abort(),
  );
  const { page: second } = await other.open(`${url}/technician`, { size: PHONE });
  await second.getByRole("button", { name: "Sign in with City Clinic" }).click();
  await signInAtClinic(second, "li");
  const refusal = second.locator(".sign-in .trouble");
  await eventually(() => refusal.innerText()).toContain("does not let you in here");
  expect(second.url()).toBe(`${url}/technician`);
  expect((await ask(hub, "GET", "/api/me/sign-ins", undefined, before)).status).toBe(401);
  await eventually(() => page.getByRole("button", { name: "Sign in with City Clinic" }).count()).toBe(1);
  expect(strangers).toEqual([]);

  // Whoever runs the hub links who they are at the clinic, and takes it away again.
  const [name = "", value = ""] = owner.split("=");
  const third = await startBrowser();
  onTestFinished(() => third.close());
  await third.context.route(
    (asked) => !["localhost", "127.0.0.1"].includes(asked.hostname),
    (route) => route.abort(),
  );
  await third.context.addCookies([{ name, value, url, httpOnly: true, sameSite: "Lax" }]);
  const { page: office } = await third.open(`${url}/technician`, { size: DESK });
  const list = office.locator(".identities li");
  await office.getByRole("button", { name: "Where you are signed in" }).click();
  await office.getByRole("button", { name: "Link City Clinic" }).click();
  await signInAtClinic(office, "wu");
  await office.waitForURL(`${url}/technician`);
  await office.getByRole("button", { name: "Where you are signed in" }).click();
  await eventually(() => list.innerText()).toContain("City Clinic");
  await picture(office, "oidc-list-desk");
  expect(await whoIsIn(third, hub)).toMatchObject({ person: { name: "Dr Zhang", role: "owner" } });
  await list.getByRole("button", { name: "Remove" }).click();
  await eventually(() => list.count()).toBe(0);
});

test("check says whether the clinic's sign-in answers as configured", { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const clinic = await startClinicSignIn(`http://localhost:${port}/api/sign-in/oidc/city/return`);
  const file = hubFile(folder, { port, clinic });
  const check = async () => {
    const { data } = await runCommand(["check", "--config", file], { folder });
    return data.split("\n").filter((line) => line.includes("  sign-in city  "));
  };
  expect(await check()).toEqual([
    `ok  sign-in city  answers; it must know http://localhost:${port}/api/sign-in/oidc/city/return`,
  ]);
  await clinic.stop();
  expect(await check()).toEqual([
    expect.stringMatching(
      /^warning {2}sign-in city {2}does not work: .*ECONNREFUSED.*\(OIDC_UNREACHABLE\) {2}->/,
    ),
  ]);
});

requires("chromium", "fonts-cjk").test(
  "the button of the clinic's sign-in, and why it failed, fit on phone and desk in three languages",
  { timeout: 120_000 },
  async ({ onTestFinished }) => {
    const folder = temporaryFolder();
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const clinic = await startClinicSignIn(`${url}/api/sign-in/oidc/city/return`);
    onTestFinished(clinic.stop);
    const file = hubFile(folder, { port, clinic });
    await builtPages();
    const hub = await startHome(["hub", "--config", file], { folder, dataDir: path.join(folder, "data") });
    onTestFinished(async () => {
      await hub.stop();
    });
    const browser = await startBrowser();
    onTestFinished(() => browser.close());
    for (const [language, button, cause] of WORDS) {
      for (const [device, size] of Object.entries({ phone: PHONE, desk: DESK })) {
        const { page } = await browser.open(`${url}/therapist#oidc=OIDC_UNREACHABLE`, { size, language });
        await eventually(() => page.getByRole("button", { name: button }).count()).toBe(1);
        await eventually(() => page.locator(".trouble").innerText()).toContain(cause);
        expect(page.url()).toBe(`${url}/therapist`);
        expect(await overflowing(page)).toEqual([]);
        expect(await accessibilityFaults(page)).toEqual([]);
        await picture(page, `oidc-${device}-${language}`);
        await page.close();
      }
    }
  },
);

function hubFile(folder: string, { port, clinic }: { readonly port: number; readonly clinic: ClinicSignIn }) {
  const secretFile = path.join(folder, "secret");
  writeFileSync(secretFile, `${clinic.secret}\n`, { mode: 0o600 });
  const config: ConfigFile = {
    zone: "UTC",
    dataDir: path.join(folder, "data"),
    hub: {
      name: "City Clinic",
      boxes: { host: "127.0.0.1", port: 0 },
      oidc: [
        {
          ...{ id: "city", label: "City Clinic", issuer: clinic.issuer, clientId: clinic.clientId },
          clientSecretFile: secretFile,
          roles: [
            { claim: "groups", value: "breathwatch-therapists", role: "therapist" },
            { claim: "groups", value: "breathwatch-technicians", role: "technician" },
          ],
        },
      ],
    },
    web: { port },
    bus: { port: 0 },
    channels: { webPush: { subject: "mailto:clinic@example.org" } },
  };
  const file = path.join(folder, "hub.yaml");
  writeFileSync(file, stringify(config));
  return file;
}

/** For whoever wants to look. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["BREATHWATCH_PICTURES"];
  if (folder !== undefined) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

async function cookieOf({ context }: Browser): Promise<string> {
  const found = (await context.cookies()).find(({ name }) => name === "breathwatch");
  return `breathwatch=${found?.value ?? ""}`;
}

const whoIsIn = async (browser: Browser, hub: RunningHome): Promise<unknown> =>
  (await ask(hub, "GET", "/api/me", undefined, await cookieOf(browser))).body;
