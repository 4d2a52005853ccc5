// Who may look in, as the pages show it: joining, boxes of homes, consents and shared links, at a phone's size and a
// desk's, in three languages.
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { AUDIT_ACTIONS } from "../../src/domain/audit-action.ts";
import { LANGUAGES, type Role } from "../../src/domain/person.ts";
import { DAY_MS, HOUR_MS, type Night } from "../../src/domain/time.ts";
import { wordsIn } from "../../src/words/index.ts";
import { NOW } from "../support/pages-beds.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  DESK,
  eventually,
  overflowing,
  PHONE,
  startBrowser,
} from "../support/pages-browser.ts";
import { type PagesServer, problem, startPagesServer } from "../support/pages-server.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

const PICTURES = process.env["BREATHWATCH_PICTURES"];
const HOME = "homehome23";
const ASKED = `/api/homes/${HOME}`;
const SECRET = "s".repeat(43);
const given = { at: NOW - 3 * DAY_MS, by: "p1", name: "Mei" };
const CLINIC = {
  id: "c3abcdefgh",
  organisation: "clinicabc2",
  name: "Lung Clinic North",
  roles: ["therapist"],
  given,
};
const ORGANISATIONS = [
  { id: "clinicabc2", name: "Lung Clinic North" },
  { id: "deviceabc2", name: "Home Devices <b>Ltd</b>" },
];
const SHARE = {
  ...{ id: "shareabc23", bed: "b1", scope: "nights", label: "Dr Li" },
  ...{ madeAt: NOW, expiresAt: NOW + 7 * DAY_MS, uses: 2, usedAt: NOW },
};
const CLAIM = {
  id: "f".repeat(64),
  code: "abcde-fghij",
  link: "https://hub.example:8420/pair#code=abcde-fghij&pin=0123456789abcdef0123456789abcdef",
  expiresAt: NOW + 24 * HOUR_MS,
};
const HOMES = {
  homes: [
    {
      ...{ id: HOME, label: "Family Chen", createdAt: NOW - 30 * DAY_MS },
      boxes: [
        { id: "boxboxbox2", pairedAt: NOW - DAY_MS },
        { id: "boxboxbox3", pairedAt: NOW - 30 * DAY_MS, revokedAt: NOW - DAY_MS, revokedWhy: "replaced" },
      ],
    },
    { id: "homehome24", label: "Family Lin", createdAt: NOW, boxes: [] },
  ],
  total: 2,
  codes: [{ id: "e".repeat(64), label: "Family Wu", expiresAt: NOW + HOUR_MS }],
  waiting: [
    { id: "d".repeat(64), label: "Family Ma", organisation: "clinicabc2", pairedAt: NOW - 2 * DAY_MS },
  ],
  organisations: ORGANISATIONS,
};

const PEOPLE = [
  { id: "p1", name: "Mei", language: "en", role: "owner" },
  { id: "p2", name: "Lin", language: "zh-Hans", role: "caregiver" },
  { id: "p3", name: "A name that is as long as names can be, and longer", language: "en", role: "therapist" },
];
const SIGN_IN = {
  ...{ id: "0123456789abcdef", current: false, way: "code", label: "Old phone of Lin" },
  ...{ createdAt: NOW - 30 * DAY_MS, seenAt: NOW - DAY_MS, expiresAt: NOW + DAY_MS },
};
const ENTRY = {
  ...{ id: "7", at: NOW - HOUR_MS, action: "sign_in.ended", detail: "p2 0123456789abcdef" },
  by: { id: "p1", name: "Mei" },
};

/** Everything that a record can say, and what another version wrote. */
const RECORD = [...AUDIT_ACTIONS, "pillow.turned"].map((action, n) => ({
  ...{ id: String(1_000 - n), at: NOW - HOUR_MS - n, action, detail: `detail ${n}` },
  by: { id: "p1", name: "Mei" },
}));

let pages: string;
let browser: Browser;

describe("who may look in", () => {
  beforeAll(async () => {
    pages = await builtPages();
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  async function served(role: Role | undefined): Promise<PagesServer> {
    const server = await startPagesServer(pages);
    onTestFinished(() => server.close());
    const { script } = server;
    script.role = role;
    if (role !== undefined) script.about = { hub: true, homes: [{ home: HOME, role }] };
    script.answers.set(`GET ${ASKED}/consents`, { consents: [CLINIC], organisations: ORGANISATIONS });
    script.answers.set(`GET ${ASKED}/shares`, { shares: [SHARE] });
    script.answers.set(`POST ${ASKED}/shares`, {
      id: "x2",
      path: `/share#secret=${SECRET}`,
      expiresAt: NOW + DAY_MS,
    });
    script.answers.set("GET /api/homes", HOMES);
    script.answers.set(`GET ${ASKED}/people`, { people: PEOPLE.slice(0, 2), next: "p2", total: 3 });
    script.answers.set(`GET ${ASKED}/people/p2/sign-ins`, { signIns: [SIGN_IN] });
    script.answers.set(`GET ${ASKED}/audit`, { entries: [ENTRY], next: "7" });
    script.answers.set("POST /api/homes/codes", CLAIM);
    script.answers.set(`POST ${ASKED}/codes`, CLAIM);
    return server;
  }

  async function open(server: PagesServer, address: string) {
    const opened = await browser.open(`${server.url}${address}`, { size: PHONE });
    onTestFinished(() => opened.page.close());
    return opened;
  }

  const asked = (server: PagesServer, method: string, path: string) =>
    server.asked.filter((each) => each.method === method && each.path === path).map(({ body }) => body);

  test("a join code is also a picture that carries the address", async () => {
    const server = await served("owner");
    const { page } = await open(server, "/technician");
    await page.getByLabel("Role").selectOption("patient");
    await page.getByRole("button", { name: "Make a code", exact: true }).click();
    await eventually(() => page.locator(".join-code svg").getAttribute("data-text")).toBe(
      `${server.url}/patient#code=k3f7q-zm2xw`,
    );
    expect(asked(server, "POST", "/api/people/join-codes")).toEqual([{ role: "patient", home: HOME }]);
    // Opened as localhost, no other phone could follow it: the page says so.
    await eventually(() => page.locator(".join-code .problem").innerText()).toContain("localhost");
  });

  test("a technician makes codes for boxes and puts one out after a second tap", async () => {
    const server = await served("technician");
    const { page } = await open(server, "/technician");
    await page.getByText(/^Family Ma: in use since .* until the family lets Lung Clinic North in/).waitFor();
    await page.locator("input[name=home-label]").fill("Family Wu");
    await page.getByRole("button", { name: "Make a code for its box" }).click();
    await eventually(() => page.locator(".made code").innerText()).toBe(`breathwatch pair '${CLAIM.link}'`);
    await eventually(() => page.locator(".made svg").getAttribute("data-text")).toBe(CLAIM.link);
    expect(asked(server, "POST", "/api/homes/codes")).toEqual([
      { label: "Family Wu", organisation: "clinicabc2" },
    ]);
    const home = page.locator(`[data-home=${HOME}]`);
    await home.getByRole("button", { name: "Code for a box of this home" }).click();
    await eventually(() => asked(server, "POST", `${ASKED}/codes`).length).toBe(1);
    await home.getByRole("button", { name: "Put this box out" }).click();
    await page.getByRole("button", { name: "Leave as it is" }).click();
    await home.getByRole("button", { name: "Put this box out" }).click();
    expect(asked(server, "POST", `${ASKED}/boxes/boxboxbox2/revoke`)).toEqual([]);
    await page.getByRole("dialog").getByRole("button", { name: "Put this box out" }).click();
    await eventually(() => asked(server, "POST", `${ASKED}/boxes/boxboxbox2/revoke`).length).toBe(1);
  });

  test("an owner sees people and what was done in parts, and ends a sign-in of somebody", async () => {
    const server = await served("owner");
    const { page } = await open(server, "/technician");
    const members = page.locator(".card", { has: page.locator("h2", { hasText: "People of this home" }) });
    await members.getByRole("button", { name: "Show the people" }).click();
    await eventually(() => members.locator(".members > li").count()).toBe(2);
    await members.getByText("2 of 3 people are shown.").waitFor();
    server.script.answers.set(`GET ${ASKED}/people`, { people: PEOPLE.slice(2), total: 3 });
    await members.getByRole("button", { name: "Show more" }).click();
    await eventually(() => members.locator(".members > li").count()).toBe(3);
    expect(await members.getByRole("button", { name: "Show more" }).count()).toBe(0);

    const lin = members.locator(".members > li", { hasText: "Lin" });
    await lin.getByRole("button", { name: "Where signed in" }).click();
    await eventually(() => lin.locator(".sign-ins li").innerText()).toMatch(/Old phone of Lin since /);
    server.script.answers.set(`GET ${ASKED}/people/p2/sign-ins`, { signIns: [] });
    const sure = page.getByRole("dialog").getByRole("button", { name: "Do it all the same" });
    const lossOfLin = { told: [{ id: "p2", name: "Lin" }], woken: [] };
    server.script.answers.set(`GET ${ASKED}/people/p2/sign-ins/0123456789abcdef/loss`, lossOfLin);
    await lin.getByRole("button", { name: "End" }).click();
    await eventually(() => page.locator("dialog [role=alert]").innerText()).toContain(
      "After this no phone of Lin is called any more: fewer people are woken than now.",
    );
    expect(asked(server, "DELETE", `${ASKED}/people/p2/sign-ins/0123456789abcdef`)).toEqual([]);
    await sure.click();
    await eventually(
      () => asked(server, "DELETE", `${ASKED}/people/p2/sign-ins/0123456789abcdef`).length,
    ).toBe(1);
    await lin.getByText("Lin is signed in nowhere.").waitFor();

    server.script.answers.set(`GET ${ASKED}/people/p2/loss`, lossOfLin);
    for (const size of [PHONE, DESK]) {
      await page.setViewportSize(size);
      for (const language of LANGUAGES) {
        await page.locator(`.languages [lang=${language}]`).click();
        await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
        await page.locator(".members > li", { hasText: "Lin" }).getByRole("button").first().click();
        await eventually(() => page.locator("dialog [role=alert]").innerText()).toContain("Lin");
        if (PICTURES !== undefined) {
          await page.screenshot({ path: `${PICTURES}/member-loss-${language}-${size.width}.png` });
        }
        expect(await overflowing(page)).toEqual([]);
        expect(await accessibilityFaults(page)).toEqual([]);
        await page.locator("dialog .buttons button").last().click();
      }
    }
    expect(asked(server, "DELETE", `${ASKED}/people/p2`)).toEqual([]);
    await page.locator(".languages [lang=en]").click();
    await lin.getByRole("button", { name: "Remove" }).click();
    await sure.click();
    await eventually(() => asked(server, "DELETE", `${ASKED}/people/p2`).length).toBe(1);

    const record = page.locator(".card", { has: page.locator("h2", { hasText: "What was done" }) });
    await record.getByRole("button", { name: "Show the record" }).click();
    await eventually(() => record.locator("li").innerText()).toMatch(
      /Mei\s+ended a sign-in\s+p2 0123456789abcdef/,
    );
    server.script.answers.set(`GET ${ASKED}/audit`, {
      entries: [{ id: "6", at: NOW - DAY_MS, action: "sign_in.refused", detail: "wrong code" }],
    });
    await record.getByRole("button", { name: "Show more" }).click();
    await eventually(() => record.locator("li").nth(1).innerText()).toMatch(
      /Nobody known\s+a sign-in was refused/,
    );
    expect(await record.getByRole("button", { name: "Show more" }).count()).toBe(0);
  });

  test("an owner reads in plain words who was let in, lets in one more, and ends it", async () => {
    const server = await served("owner");
    const { page } = await open(server, "/");
    await page.getByText("Who may look in", { exact: true }).click();
    const consents = page.locator(".consents");
    await eventually(() => consents.locator("li").innerText()).toMatch(
      /Lung Clinic North may look in · as Therapist · let in by Mei on /,
    );
    await consents.getByLabel("Technician").uncheck();
    await consents.getByRole("button", { name: "Let in" }).click();
    await eventually(() => asked(server, "POST", `${ASKED}/consents`)).toEqual([
      { organisation: "deviceabc2", roles: ["therapist"] },
    ]);
    await consents.getByRole("button", { name: "End it" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
    await eventually(() => asked(server, "DELETE", `${ASKED}/consents/${CLINIC.id}`).length).toBe(1);
    server.script.refusals.set(
      `POST ${ASKED}/consents`,
      problem(404, "NOT_FOUND", "There is no such organisation here."),
    );
    await consents.getByRole("button", { name: "Let in" }).click();
    await consents.getByRole("alert").waitFor();
  });

  test("the organisation that set the box up asks to be let in: the closed line says so, and agreeing is one tap", async () => {
    const server = await served("owner");
    const asking = { consents: [], organisations: ORGANISATIONS, asks: "deviceabc2" };
    server.script.answers.set(`GET ${ASKED}/consents`, asking);
    const { page } = await open(server, "/");
    const line = page.locator(".sharing > summary");
    for (const size of [PHONE, DESK]) {
      await page.setViewportSize(size);
      for (const language of LANGUAGES) {
        await page.locator(`.languages [lang=${language}]`).click();
        await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
        await eventually(() => line.locator(".asking").innerText()).toContain("Home Devices <b>Ltd</b>");
        if (PICTURES !== undefined) {
          await line.scrollIntoViewIfNeeded();
          await page.screenshot({ path: `${PICTURES}/asks-${language}-${size.width}.png` });
        }
        expect(await overflowing(page)).toEqual([]);
        await line.click();
        await eventually(() => page.locator(".consents .asking").innerText()).toContain(
          "Home Devices <b>Ltd</b>",
        );
        if (PICTURES !== undefined) {
          await page.locator(".sharing").scrollIntoViewIfNeeded();
          await page.screenshot({ path: `${PICTURES}/asking-${language}-${size.width}.png` });
        }
        expect(await overflowing(page)).toEqual([]);
        expect(await accessibilityFaults(page)).toEqual([]);
        await line.click();
      }
    }
    await page.locator(".languages [lang=en]").click();
    await line.click();
    await page.locator(".consents .asking").waitFor();
    const { asks, ...answered } = asking;
    server.script.answers.set(`GET ${ASKED}/consents`, answered);
    await page.locator(".consents").getByRole("button", { name: "Let in" }).click();
    await eventually(() => asked(server, "POST", `${ASKED}/consents`)).toEqual([
      { organisation: asks, roles: ["therapist", "technician"] },
    ]);
    await eventually(() => page.locator(".consents .asking").count()).toBe(0);
    await line.click();
    await eventually(() => page.locator(".consents").count()).toBe(0);
    expect(await line.locator(".asking").count()).toBe(0);
  });

  test("a caregiver reads who may look in and can change none of it", async () => {
    const server = await served("caregiver");
    server.script.answers.set(`GET ${ASKED}/consents`, { consents: [], organisations: ORGANISATIONS });
    const { page } = await open(server, "/");
    await page.getByText("Who may look in", { exact: true }).click();
    await page.getByText("No organisation is let in.").waitFor();
    await eventually(() => page.locator(".sharing button").count()).toBe(0);
  });

  test("an owner makes a link for a time, sees its uses and ends it", async () => {
    const server = await served("owner");
    const { page } = await open(server, "/");
    await page.getByText("Who may look in", { exact: true }).click();
    const shares = page.locator(".shares");
    await eventually(() => shares.locator("li").innerText()).toMatch(
      /Dr Li: past nights, until .*opened 2 times/s,
    );
    await shares.getByRole("button", { name: "Make a link" }).click();
    await shares.getByText("Say for whom the link is.").waitFor();
    await shares.getByLabel("For whom").fill("Aunt Lin");
    await shares.locator("[name=scope]").selectOption("live");
    await shares.locator("[name=days]").selectOption("3");
    await shares.getByRole("button", { name: "Make a link" }).click();
    await eventually(() => shares.locator("svg").getAttribute("data-text")).toBe(
      `${server.url}/share#secret=${SECRET}`,
    );
    expect(asked(server, "POST", `${ASKED}/shares`)).toEqual([
      { bed: "b1", scope: "live", label: "Aunt Lin", forMs: 3 * DAY_MS },
    ]);
    await shares.locator("li").getByRole("button", { name: "End it" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
    await eventually(() => asked(server, "DELETE", `${ASKED}/shares/${SHARE.id}`).length).toBe(1);
  });

  test("a link shows nights to look at, and says in words when it has ended", async () => {
    const server = await served(undefined);
    server.script.answers.set("POST /api/share", { bed: "b1", scope: "nights", expiresAt: NOW + DAY_MS });
    server.script.nights = [{ night: "2026-11-20" as Night, simulated: false, coverage: 0.97 }] as never;
    const { page, troubles } = await open(server, `/share#secret=${SECRET}`);
    await page.locator("canvas").first().waitFor();
    expect(asked(server, "POST", "/api/share")).toEqual([{ secret: SECRET }]);
    expect(await page.locator("main a.button, main input[type=file]").count()).toBe(0);
    expect(await overflowing(page)).toEqual([]);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(troubles).toEqual([]);
    server.script.answers.delete("POST /api/share");
    server.script.refusals.set("POST /api/share", problem(404, "NOT_FOUND", "This link is not known."));
    await page.reload();
    await page.getByText("This link shows nothing any more").waitFor();
    await eventually(() => page.locator("canvas").count()).toBe(0);
  });

  test("a live link shows its bed with no button that answers, until it is ended", async () => {
    const server = await served(undefined);
    server.script.isShared = true;
    server.script.answers.set("POST /api/share", { bed: "b1", scope: "live", expiresAt: NOW + DAY_MS });
    const { page } = await open(server, `/share#secret=${SECRET}`);
    await page.locator(".vitals").waitFor();
    await eventually(() => page.locator(".number-giant").innerText()).toContain("95");
    expect(await page.locator("main button").count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    server.script.answers.delete("POST /api/share");
    server.script.refusals.set("POST /api/share", problem(404, "NOT_FOUND", "This link is not known."));
    server.accept(false);
    server.drop();
    await page.getByText("This link shows nothing any more").waitFor();
    await eventually(() => page.locator(".vitals").count()).toBe(0);
  });

  test("the record says in words what was done, and as it stands what there are no words for", async () => {
    const server = await served("owner");
    server.script.answers.set(`GET ${ASKED}/audit`, { entries: RECORD });
    const { page, troubles } = await open(server, "/technician");
    await page.getByRole("button", { name: "Show the record" }).click();
    await page.locator(".home-record li").first().waitFor();
    const faults: string[] = [];
    for (const language of LANGUAGES) {
      await page.locator(`.languages [lang=${language}]`).click();
      await page.locator(`html[lang=${language}]`).waitFor();
      const lines = await page.locator(".home-record li").allTextContents();
      const { actions } = wordsIn(language);
      for (const [n, action] of AUDIT_ACTIONS.entries()) {
        expect(lines[n]).toContain(`Mei ${actions[action]} detail ${n}`);
      }
      expect(lines.at(-1)).toContain(`Mei pillow.turned detail ${AUDIT_ACTIONS.length}`);
      expect(await page.locator(".home-record code").allTextContents()).toEqual(["pillow.turned"]);
      for (const size of [PHONE, DESK]) {
        await page.setViewportSize(size);
        const picture = process.env["BREATHWATCH_PICTURES"];
        if (picture !== undefined) {
          const path = `${picture}/record-${language}-${size.width}.png`;
          await page.locator(".home-record").screenshot({ path });
        }
        faults.push(...(await overflowing(page)).map((fault) => `${language} ${size.width}: ${fault}`));
      }
    }
    expect([...faults, ...troubles]).toEqual([]);
  });

  test("with everything open fits a phone and a desk in three languages and is readable for everybody", {
    timeout: 30_000,
  }, async () => {
    const server = await served("owner");
    const faults: string[] = [];
    for (const [address, name] of [
      ["/", "caregiver"],
      ["/technician", "technician"],
    ] as const) {
      const { page, troubles } = await open(server, address);
      if (name === "technician") {
        await page.locator(".homes button[type=submit]").waitFor();
        await page.getByRole("button", { name: "Make a code", exact: true }).click();
        await page.locator(".join-code svg").waitFor();
        await page.locator(`[data-home=${HOME}] button`).last().click();
        await page.locator(".made svg").waitFor();
        await page.getByRole("button", { name: "Show the people" }).click();
        await page.getByRole("button", { name: "Where signed in" }).nth(1).click();
        await page.getByRole("button", { name: "Show the record" }).click();
        await page.locator(".home-record li").waitFor();
        await page.locator(".member-sign-ins .sign-ins").waitFor();
      } else {
        await page.locator(".sharing > summary").click();
        await page.locator(".shares [name=label]").fill("Aunt Lin");
        await page.locator(".shares button[type=submit]").click();
        await page.locator(".shares svg").waitFor();
      }
      for (const size of [PHONE, DESK]) {
        await page.setViewportSize(size);
        for (const language of LANGUAGES) {
          await page.locator(`.languages [lang=${language}]`).click();
          const picture = process.env["BREATHWATCH_PICTURES"];
          if (picture !== undefined)
            await page.screenshot({
              path: `${picture}/${name}-${language}-${size.width}.png`,
              fullPage: true,
            });
          faults.push(
            ...(await overflowing(page)).map((fault) => `${name} ${language} ${size.width}: ${fault}`),
          );
        }
        faults.push(...(await accessibilityFaults(page)));
      }
      faults.push(...troubles);
    }
    expect(faults).toEqual([]);
  });
});
