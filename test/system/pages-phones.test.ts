// Everybody's phones on the caregiver's page, on the real server's routes, with two ways made up: one that needs nothing
// of the home, and one that needs a server and a token first.
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { LANGUAGES, type Role } from "../../src/domain/person.ts";
import { HOUR_MS, SECOND_MS, wall } from "../../src/domain/time.ts";
import { DEAD_MEN } from "../../src/notify/dead-men.ts";
import { CHANNEL_MODULES } from "../../src/notify/modules.ts";
import type { ChannelField, ChannelModule, Texts } from "../../src/port/channel.ts";
import type { DeadManState } from "../../src/port/dead-man.ts";
import type { WakeReadiness } from "../../src/server/contract.ts";
import { createLedDesk } from "../support/evening-desk.ts";
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
import { type Harness, type HarnessOptions, NOW, startHarness } from "../unit/server/harness.ts";

const { describe, test } = requires("chromium");

const PICTURES = process.env["BREATHWATCH_PICTURES"];
const IPHONE = { width: 390, height: 844 } as const;

const texts = (en: string, hans: string, hant: string): Texts => ({ en, "zh-Hans": hans, "zh-Hant": hant });
const field = (name: string, kind: ChannelField["kind"], words: Texts, more: Partial<ChannelField> = {}) => ({
  ...{ name, kind, label: words, required: true, maxLength: 100 },
  help: texts("It stands in the app's settings.", "在应用的设置里。", "在應用程式的設定裡。"),
  ...more,
});
const create: ChannelModule["create"] = () => {
  throw new Error("nothing is sent here");
};

/** Like an e-mail: nothing to enter for the home. */
const LETTER: ChannelModule = {
  id: "letter",
  name: texts("Letter", "信件", "信件"),
  summary: texts(
    "A letter to an inbox: for the record, not for the night.",
    "寄到信箱的信：留底用，不适合夜里。",
    "寄到信箱的信：留底用，不適合夜裡。",
  ),
  place: "anywhere",
  access: [],
  target: [field("inbox", "text", texts("Inbox", "信箱", "信箱"), { pattern: "[^@ ]+@[^@ ]+" })],
  steps: [],
  capabilities: {
    ...{ breaksDndIos: "no", breaksDndAndroid: "no", mainlandChina: "yes", sounds: "notification" },
    ...{ acknowledges: false, endToEndEncrypted: false, maxBytes: 10_000, ratePerMinute: 60 },
  },
  create,
};

/** Like an app that rings: a server and a token of the home, a number and a sound of each phone. */
const BELL: ChannelModule = {
  id: "bell",
  name: texts("Bell", "铃声应用", "鈴聲應用程式"),
  summary: texts(
    "Rings a phone until somebody presses a key.",
    "让手机一直响，直到有人按键。",
    "讓手機一直響，直到有人按鍵。",
  ),
  place: "anywhere",
  access: [
    field("server", "address", texts("Server", "服务器", "伺服器"), {
      ...{ required: false, fallback: "https://bell.example.org" },
    }),
    field("token", "secret", texts("Token", "令牌", "權杖"), { pattern: "tk_[a-z0-9]{8}" }),
  ],
  target: [
    field("number", "phone", texts("Number", "号码", "號碼")),
    field("key", "secret", texts("Key of the phone", "手机密钥", "手機金鑰"), { required: false }),
    field("sound", "choice", texts("Sound", "声音", "聲音"), {
      ...{ required: false, fallback: "siren" },
      choices: [
        { value: "siren", label: texts("Siren", "警笛", "警笛") },
        { value: "chime", label: texts("Chime", "钟声", "鐘聲") },
      ],
    }),
  ],
  steps: [
    texts("Install the app.", "安装应用。", "安裝應用程式。"),
    texts(
      "Allow critical alerts in the settings of the phone.",
      "在手机设置里允许重要提醒。",
      "在手機設定裡允許重大警示。",
    ),
  ],
  capabilities: {
    ...{ breaksDndIos: "yes", breaksDndAndroid: "setting", mainlandChina: "partly", sounds: "call" },
    ...{ acknowledges: true, endToEndEncrypted: false, maxBytes: 70, ratePerMinute: 5 },
    perTarget: [{ most: 3, withinMs: 480_000 }],
  },
  create,
};

const TOKEN = "tk_12345678";

let pages: string;
/** A browser for each person. */
const browsers: Browser[] = [];

interface House {
  readonly harness: Harness;
  /** Opens the caregiver's page as somebody, in a browser of their own, with the phones unfolded. */
  open(index: number, role: Role, name: string): Promise<OpenPage & { readonly id: string }>;
}

async function house(options: HarnessOptions = {}): Promise<House> {
  const harness = await startHarness({ pagesFolder: pages, channels: [LETTER, BELL], ...options });
  onTestFinished(() => harness.close());
  await harness.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = harness.app.server.address() as { port: number };
  const url = `http://localhost:${port}`;
  return {
    harness,
    async open(index, role, name) {
      const browser = browsers[index];
      if (browser === undefined) throw new Error("there are two browsers");
      const { id } = await harness.person(role, name);
      const [key = "", value = ""] = (await harness.signIn(role, name)).split("=");
      await browser.context.clearCookies();
      await browser.context.addCookies([{ name: key, value, url }]);
      const opened = await browser.open(`${url}/`, { size: IPHONE });
      onTestFinished(() => opened.page.close());
      await opened.page.locator(".phones > summary").click();
      return { ...opened, id };
    },
  };
}

/** A phone that lies in the home's state. */
async function given(harness: Harness, id: string, person: string, more: object = {}): Promise<void> {
  await harness.state.putTarget({
    ...{ id, channel: "letter", person, label: `Phone ${id}`, settings: { inbox: `${id}@example.org` } },
    ...{ addedAt: NOW, ...more },
  });
}

const everything = async ({ page, troubles }: OpenPage, name: string): Promise<string[]> => {
  const faults: string[] = [];
  for (const size of [PHONE, DESK]) {
    await page.setViewportSize(size);
    for (const language of LANGUAGES) {
      await page.locator(`.languages [lang=${language}]`).click();
      await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
      if (PICTURES !== undefined) {
        await page
          .locator(".phones")
          .screenshot({ path: `${PICTURES}/${name}-${language}-${size.width}.png` });
      }
      faults.push(...(await overflowing(page)).map((fault) => `${language} ${size.width}: ${fault}`));
    }
    faults.push(...(await accessibilityFaults(page)));
  }
  await page.locator(".languages [lang=en]").click();
  await page.setViewportSize(IPHONE);
  return [...faults, ...troubles];
};

/** "Add a phone", and the two questions. */
async function askFor(page: OpenPage["page"], country = "elsewhere", kind = "iphone"): Promise<void> {
  await page.getByRole("button", { name: "Add a phone" }).click();
  await page.locator("select[name=country]").selectOption(country);
  await page.locator("select[name=kind]").selectOption(kind);
  await page.locator(".phone-add button[type=submit]").click();
  await page.locator(".ways-offered").waitFor({ state: "attached" });
}

describe("everybody's phones on the caregiver's page", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    pages = await builtPages();
    browsers.push(await startBrowser(), await startBrowser());
  }, 120_000);
  afterAll(async () => {
    for (const browser of browsers) await browser.close();
  });

  test("stand by person, one's own first, each with what it has proved", async () => {
    const { harness, open } = await house();
    const mei = await harness.person("owner", "Mei");
    const ba = await harness.person("caregiver", "Ba");
    await harness.person("caregiver", "Xiao");
    await given(harness, "aaa", mei.id, { lastProofAt: wall(NOW - HOUR_MS / 6) });
    await given(harness, "bbb", mei.id, { lastProofAt: wall(NOW - 30 * HOUR_MS) });
    await given(harness, "ccc", ba.id);
    await given(harness, "ddd", ba.id, { channel: "web-push", deadSince: NOW, deadWhy: "it was thrown out" });
    const bell = { channel: "bell", settings: { number: "+8613800138000", sound: "chime" } };
    await given(harness, "eee", ba.id, bell);
    const opened = await open(0, "caregiver", "Ba");
    const { page } = opened;
    await page.locator(".phone[data-phone=ccc]").waitFor();
    expect(await page.locator(".phone-people h3").allInnerTexts()).toEqual(["Ba (you)", "Mei", "Xiao"]);
    expect(await page.locator("section[aria-label=Xiao]").innerText()).toContain("No phone yet");
    const proof = (id: string) => page.locator(`.phone[data-phone=${id}] [data-test=proof]`).innerText();
    expect(await proof("aaa")).toBe("✓ proved itself 21:50");
    expect(await proof("bbb")).toContain("last proved itself Jan 9, 2026, 16:00: not counted on");
    expect(await proof("ccc")).toBe("? has not proved itself");
    expect(await proof("ddd")).toBe("✗ is not called any more: it was thrown out");
    expect(await proof("eee")).toContain("cannot be called: what Bell needs");
    expect(await page.locator(".phone[data-phone=eee]").innerText()).toContain(
      "by Bell · +8613800138000 · Chime",
    );
    expect(await page.locator(".phone[data-phone=ddd]").innerText()).toContain(
      "by notification of the browser",
    );
    expect(await everything(opened, "list")).toEqual([]);
  });

  test("a caregiver adds one, reads what is wrong at its field, tries it, and removes it", async () => {
    const { harness, open } = await house();
    const ba = await open(0, "caregiver", "Ba");
    const { page } = ba;
    await page.getByText("There is no phone here yet.").waitFor();
    expect(await everything(ba, "empty")).toEqual([]);
    await askFor(page);
    await eventually(() => page.locator("[data-way=bell] .facts li").allInnerTexts()).toEqual([
      "✓Wakes a sleeping phone as it is",
      "·Rings like a call: it needs no app and no internet on the phone.",
      "✓A button or key on it answers the alarm",
      "!At most 3 times in 8 min",
    ]);
    await page.locator(".ways-other > summary").click();
    await eventually(() => page.locator("[data-way=letter] .facts li").first().innerText()).toBe(
      "✗iPhone: does not ring in silent mode",
    );
    expect(await everything(ba, "ways")).toEqual([]);

    await page.getByRole("button", { name: "Choose Letter" }).click();
    await page.getByLabel("Inbox").fill("not an inbox");
    await page.getByRole("button", { name: "Add it" }).click();
    await eventually(() => page.locator("[data-field=phone-label] [role=alert]").innerText()).toContain(
      "Please fill this in.",
    );
    await page.getByLabel("What you call it").fill("Ba's inbox");
    await page.getByRole("button", { name: "Add it" }).click();
    const wrong = page.locator("[data-field=inbox] [role=alert]");
    await eventually(() => wrong.innerText()).toContain("inbox does not look like one.");
    expect(await page.getByLabel("Inbox").getAttribute("aria-invalid")).toBe("true");
    await eventually(() => page.evaluate("document.activeElement?.name")).toBe("inbox");
    // A caregiver has no phones to give to others.
    expect(await page.locator("select[name=person]").count()).toBe(0);
    // What the browser itself tells of a refused request is no fault of the page.
    ba.troubles.splice(0);
    expect(await everything(ba, "wrong")).toEqual([]);

    await page.getByLabel("Inbox").fill("ba@example.org");
    await page.getByRole("button", { name: "Add it" }).click();
    await page.getByText("Ba's inbox is added.").waitFor();
    const [target] = await harness.state.targets();
    expect(target).toMatchObject({ channel: "letter", person: ba.id, settings: { inbox: "ba@example.org" } });
    // The phone is there; whether it is heard, the box at the bed finds out.
    await page.locator(".phone-add").getByRole("button", { name: "Try it" }).click();
    await page
      .locator(".phone-add")
      .getByText("start the check on the box's own page", { exact: false })
      .waitFor();
    ba.troubles.splice(0);
    await page.getByRole("button", { name: "Done" }).click();
    await eventually(() => page.evaluate("document.activeElement?.textContent")).toBe("Add a phone");

    const row = page.locator(".phone");
    await row.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Leave as it is" }).click();
    expect(await harness.state.targets()).toHaveLength(1);
    await row.getByRole("button", { name: "Remove" }).click();
    // It is the only phone: that is said before it goes.
    await eventually(() => page.locator("dialog [role=alert]").innerText()).toContain(
      "After this no phone of Ba is called any more: fewer people are woken than now.",
    );
    await page.getByRole("button", { name: "Leave as it is" }).click();
    for (const language of LANGUAGES) {
      await page.locator(`.languages [lang=${language}]`).click();
      await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
      await row.locator(".phone-doing > button").click();
      await eventually(() => page.locator("dialog [role=alert]").innerText()).toContain("Ba");
      if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/loss-${language}-390.png` });
      expect(await overflowing(page)).toEqual([]);
      expect(await accessibilityFaults(page)).toEqual([]);
      if (language !== "en") await page.locator("dialog .buttons button").last().click();
    }
    await page.locator("dialog").getByRole("button", { name: "Do it all the same" }).click();
    await page.getByText("There is no phone here yet.").waitFor();
    expect(await harness.state.targets()).toEqual([]);
    expect(ba.troubles).toEqual([]);
  });

  test("the owner enters first what a way needs, never sees the secret again, and adds somebody else's phone", async () => {
    const { harness, open } = await house();
    const ba = await open(1, "caregiver", "Ba");
    await askFor(ba.page);
    await ba.page.getByRole("button", { name: "Choose Bell" }).click();
    await ba.page.getByText("The owner first has to enter what Bell needs from the home.").waitFor();
    expect(await ba.page.locator(".phone-add input").count()).toBe(0);

    const mei = await open(0, "owner", "Mei");
    const { page } = mei;
    await askFor(page);
    await page.getByRole("button", { name: "Choose Bell" }).click();
    await page.getByText("First: what Bell needs from the home").waitFor();
    expect(await page.getByLabel("Server").getAttribute("placeholder")).toBe("https://bell.example.org");
    expect(await page.locator(".phone-add").getByLabel("Number", { exact: true }).count()).toBe(0);
    await page.getByLabel("Token", { exact: true }).fill("short");
    await page.getByRole("button", { name: "Save" }).click();
    await eventually(() => page.locator("[data-field=token] [role=alert]").innerText()).toContain(
      "token does not look like one.",
    );
    mei.troubles.splice(0);
    expect(await everything(mei, "access")).toEqual([]);
    await page.getByLabel("Token", { exact: true }).fill(TOKEN);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    await page.locator(".languages [lang=zh-Hans]").click();
    await page.getByText("已保存。", { exact: true }).waitFor();
    await page.locator(".languages [lang=en]").click();
    await page.locator(".phone-access summary").click();
    await eventually(() => page.getByLabel("Token", { exact: true }).inputValue()).toBe("");
    await page.getByText("Kept; leave empty to keep it.").waitFor();
    await page.getByLabel("Server").fill("https://other.example.org");
    await page.getByRole("button", { name: "Save" }).click();
    await eventually(async () =>
      JSON.parse((await harness.state.value("channel_access bell")) ?? "{}"),
    ).toEqual({
      ...{ server: "https://other.example.org", token: TOKEN },
    });
    expect(await page.content()).not.toContain(TOKEN);

    await page.locator(".phone-add").getByLabel("Number", { exact: true }).fill("138 0013 8000");
    await page.getByLabel("What you call it").fill("Ba's mobile");
    await page.locator(".phone-add").getByLabel("Sound").selectOption({ label: "Chime" });
    await page.getByLabel("Whose it is").selectOption({ label: "Ba" });
    await page.getByRole("button", { name: "Add it" }).click();
    await eventually(() => page.locator("[data-field=number] [role=alert]").innerText()).toContain(
      "Write the number with its country, such as +86 138 0013 8000.",
    );
    mei.troubles.splice(0);
    expect(await everything(mei, "form")).toEqual([]);
    await page.locator(".phone-add").getByLabel("Number", { exact: true }).fill("+86 138 0013 8000");
    await page.getByRole("button", { name: "Add it" }).click();
    await eventually(() => page.locator(".phone-steps li").allInnerTexts()).toEqual([
      "Install the app.",
      "Allow critical alerts in the settings of the phone.",
    ]);
    expect((await harness.state.targets())[0]).toMatchObject({
      ...{ channel: "bell", person: ba.id, label: "Ba's mobile" },
      settings: { number: "+8613800138000", sound: "chime" },
    });
    await eventually(() => page.locator("section[aria-label=Ba] .phone strong").innerText()).toBe(
      "Ba's mobile",
    );
    expect(await everything(mei, "added")).toEqual([]);

    await page.getByRole("button", { name: "Done" }).click();
    await askFor(page);
    await page.getByRole("button", { name: "Choose Bell" }).click();
    await page.locator(".phone-access summary").click();
    await page.getByRole("button", { name: "Forget it" }).click();
    await page.locator("dialog").getByRole("button", { name: "Do it all the same" }).click();
    await page.getByText("First: what Bell needs from the home").waitFor();
    await eventually(() => page.locator(".phone [data-test=proof]").innerText()).toContain(
      "cannot be called",
    );
  });

  test("a try is a check of one phone: it shows how that goes on; others' phones only the owner removes", async () => {
    const phone = { id: "aaa", label: "Phone aaa", person: "mei", name: "Mei", channel: "letter" };
    const desk = createLedDesk(NOW, [phone, { ...phone, id: "bbb" }]);
    const { harness, open } = await house({ evening: desk });
    const mei = await harness.person("owner", "Mei");
    await given(harness, "aaa", mei.id);
    const ba = await open(0, "caregiver", "Ba");
    const row = ba.page.locator(".phone[data-phone=aaa]");
    const said = row.locator(".try-answer");
    await row.getByRole("button", { name: "Try it" }).click();
    await eventually(() => said.innerText()).toContain("asking…");
    expect(desk.requests).toEqual([{ kind: "quiet", phones: ["aaa"], by: "Ba" }]);
    desk.phone("aaa", { trouble: "the inbox is full" });
    await eventually(() => said.innerText()).toContain("not taken: the inbox is full");
    expect(await everything(ba, "tried")).toEqual([]);
    desk.phone("aaa", { acceptedMs: 4_240 });
    await eventually(() => said.innerText()).toContain("at the service after 4.2 s");
    desk.phone("aaa", { answeredMs: 7_000 });
    desk.end("done");
    await eventually(() => said.innerText()).toContain("answered after 7.0 s");
    expect(await said.getByRole("button").count()).toBe(0);
    expect(await row.getByRole("button", { name: "Remove" }).count()).toBe(0);
    const owner = await open(1, "owner", "Mei");
    await owner.page.locator(".phone[data-phone=aaa]").getByRole("button", { name: "Remove" }).waitFor();
  });

  test("who is told if the box dies is said, set up by the owner, tried, and switched off", async () => {
    let states: { id: string; state: DeadManState }[] = [];
    const deadMen = {
      ...{ modules: DEAD_MEN, states: () => states },
      drill: async () => ({ outcome: "accepted", reference: "1", tookMs: 80 }) as const,
    };
    const { harness, open } = await house({ deadMen });
    const says = async (deadMan: NonNullable<WakeReadiness["deadMan"]>): Promise<void> => {
      harness.live.readiness({ sounder: { ok: true, detail: "" }, targets: [], durable: true, deadMan });
      await harness.clock.advance(SECOND_MS);
    };
    await says({ by: "none", ok: false, detail: "" });
    const mei = await open(0, "owner", "Mei");
    const { page } = mei;
    const line = page.locator("[data-dead-man]");
    await eventually(() => line.innerText()).toContain(
      "⚠ No one is told if this box dies. Stay within earshot",
    );
    const ntfy = page.locator("[data-way=dead-man-ntfy]");
    await ntfy.getByText("Set it up").click();
    expect(await everything(mei, "dead-men-form")).toEqual([]);
    await ntfy.getByLabel("Topic").fill("short");
    await ntfy.getByRole("button", { name: "Save" }).click();
    await eventually(() => ntfy.locator("[data-field=topic] [role=alert]").innerText()).toContain("topic");
    // What the browser itself tells of a refused request is no fault of the page.
    mei.troubles.splice(0);
    await ntfy.getByLabel("Topic").fill("h-8fK3mQ0zT7vW2xYb");
    await ntfy.getByRole("button", { name: "Save" }).click();
    await ntfy.getByText("Saved. It is tried now.").waitFor();
    states = [{ id: "dead-man-ntfy", state: { kind: "armed", aheadMs: 360_000 } }];
    await says({ by: "outside", ok: true, way: "dead-man-ntfy", afterMs: 360_000, detail: "" });
    await eventually(() => ntfy.locator("[data-test=dead-man-state]").innerText()).toBe(
      "✓ stands: speaks up 6 min after the box has fallen silent",
    );
    await eventually(() => line.innerText()).toBe("✓ If this box dies, ntfy tells you after 6 min");
    await ntfy.getByRole("button", { name: "Let it speak up" }).click();
    await ntfy.getByText("Taken. It speaks up in about ten seconds, marked as a drill.").waitFor();
    expect(await everything(mei, "dead-men-armed")).toEqual([]);

    const detail = "the ntfy server answered 401: unauthorized";
    states = [{ id: "dead-man-ntfy", state: { kind: "failing", since: NOW, detail } }];
    await says({ by: "outside", ok: false, way: "dead-man-ntfy", since: NOW, detail });
    await eventually(() => line.innerText()).toBe(
      `⚠ No one is told if this box dies, since 22:00: ${detail}`,
    );
    await eventually(() => ntfy.locator("[data-test=dead-man-state]").innerText()).toBe(
      `✗ does not stand since 22:00: ${detail}`,
    );
    expect(await everything(mei, "dead-men-failing")).toEqual([]);
    if (PICTURES !== undefined)
      await page.screenshot({ path: `${PICTURES}/dead-men-page.png`, fullPage: true });

    const ba = await open(1, "caregiver", "Ba");
    const ping = ba.page.locator("[data-way=dead-man-ping]");
    await ping.getByText("The owner sets this up.").waitFor();
    expect(await ba.page.locator(".dead-men form").count()).toBe(0);

    await ntfy.getByRole("button", { name: "Switch off" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Switch off" }).click();
    await ntfy.getByText("Switched off.").waitFor();
    await says({ by: "hub", ok: true, detail: "" });
    await eventually(() => line.innerText()).toBe("✓ If this box dies, the hub calls");
  });

  test("without a way to add, phones stand alone", async () => {
    const { harness, open } = await house({ channels: [] });
    const mei = await harness.person("owner", "Mei");
    await given(harness, "aaa", mei.id, { channel: "web-push" });
    const { page } = await open(0, "owner", "Mei");
    await page.locator(".phone[data-phone=aaa]").waitFor();
    expect(await page.getByRole("button", { name: "Add a phone" }).count()).toBe(0);
  });

  test("what does not answer is said, and asked once more", async () => {
    const { open } = await house();
    const { page } = await open(0, "owner", "Mei");
    await page.getByText("There is no phone here yet.").waitFor();
    await page.route("**/api/homes/*/channels", (route) => route.abort());
    await page.reload();
    await page.locator(".phones > summary").click();
    await page.locator(".phones .trouble").waitFor();
    expect(await page.getByText("There is no phone here yet.").count()).toBe(0);
    await page.unroute("**/api/homes/*/channels");
    await page.locator(".phones").getByRole("button", { name: "Try again" }).click();
    await page.getByText("There is no phone here yet.").waitFor();
  });

  test("a company's DING and a stick with the code of its card are entered on forms of their own", async () => {
    const { harness, open } = await house({ channels: CHANNEL_MODULES });
    const mei = await open(0, "owner", "Mei");
    const { page } = mei;
    await askFor(page, "mainland-china", "android-huawei");
    await page.locator(".ways-other summary").click();
    await page.getByRole("button", { name: "Choose DingTalk DING" }).click();
    await page.getByLabel("Client ID (AppKey)").fill("dinga1b2c3d4e5f6");
    await page.getByLabel("Client secret (AppSecret)").fill("GT-lsu_taDAabcTsdefg0123");
    expect(await everything(mei, "ding-access")).toEqual([]);
    await page.locator(".phone-access").getByRole("button", { name: "Save" }).click();
    await page.locator(".phone-add").getByLabel("Person's user id").fill("manager7675");
    expect(await everything(mei, "ding-form")).toEqual([]);
    await page.getByLabel("What you call it").fill("Mei's DING");
    await page.getByRole("button", { name: "Add it" }).click();
    await eventually(async () => (await harness.state.targets())[0]).toMatchObject({
      ...{ channel: "dingtalk-ding", settings: { userId: "manager7675", urgency: "phone" } },
    });
    await page.getByRole("button", { name: "Done" }).click();
    // Where it has been entered, a call of DingTalk is offered.
    await askFor(page, "mainland-china", "android-huawei");
    expect(await page.locator(".ways-offered [data-way=dingtalk-ding]").count()).toBe(1);
    await page.getByRole("button", { name: "Choose 4G stick" }).click();
    await page.getByLabel("Port of the stick").fill("/dev/ttyUSB2");
    await page.getByLabel("Code that tells the credit").fill("100");
    await page.getByLabel("Warn below this credit").fill("5");
    await page.locator(".phone-access").getByRole("button", { name: "Save" }).click();
    await eventually(() => page.locator("[data-field=creditCode] [role=alert]").innerText()).toContain(
      "creditCode does not look like one.",
    );
    mei.troubles.splice(0);
    await page.getByLabel("Code that tells the credit").fill("*100#");
    expect(await everything(mei, "stick-access")).toEqual([]);
    await page.locator(".phone-access").getByRole("button", { name: "Save" }).click();
    await eventually(async () =>
      JSON.parse((await harness.state.value("channel_access modem")) ?? "{}"),
    ).toMatchObject({ creditCode: "*100#", creditLeast: "5" });
  });

  test("what works for a phone somewhere comes first, with its maker's settings; where nothing wakes it, it says so", async () => {
    const { harness, open } = await house({ channels: CHANNEL_MODULES });
    const mei = await open(0, "owner", "Mei");
    const { page } = mei;
    const offered = (): Promise<(string | null)[]> =>
      page
        .locator(".ways-offered > .way")
        .evaluateAll((ways) => ways.map((way) => way.getAttribute("data-way")));
    await page.getByRole("button", { name: "Add a phone" }).click();
    expect(await everything(mei, "questions")).toEqual([]);
    await page.getByRole("button", { name: "Cancel" }).click();
    await askFor(page, "mainland-china", "iphone");
    expect(await offered()).toEqual(["bark", "modem"]);
    expect(await page.locator(".phone-warning").count()).toBe(0);
    expect(await page.locator("[data-way=modem]").innerText()).toContain("which is not set up yet");
    expect(await everything(mei, "plan-iphone")).toEqual([]);

    // The country is remembered; only the phone is another.
    await page.getByRole("button", { name: "Other country or phone" }).click();
    expect(await page.locator("select[name=country]").inputValue()).toBe("mainland-china");
    await page.locator("select[name=kind]").selectOption("harmonyos-next");
    await page.getByRole("button", { name: "Show what works" }).click();
    await eventually(() => page.locator(".phone-warning").innerText()).toContain(
      "This phone cannot be woken by what is set up. Put a sounder beside the bed",
    );
    expect(await offered()).toEqual(["modem"]);
    expect(await everything(mei, "plan-harmonyos")).toEqual([]);

    await page.getByRole("button", { name: "Other country or phone" }).click();
    await page.locator("select[name=kind]").selectOption("android-xiaomi");
    await page.getByRole("button", { name: "Show what works" }).click();
    await eventually(offered).toEqual(["modem", "ntfy"]);
    await page.getByRole("button", { name: "Choose ntfy" }).click();
    await page.locator(".phone-access").getByLabel("ntfy server").fill("https://ntfy.example.org");
    await page.locator(".phone-access").getByRole("button", { name: "Save" }).click();
    await page.locator(".phone-add").getByLabel("Topic").fill("a-long-random-topic-1");
    await page.getByLabel("What you call it").fill("Mei's Xiaomi");
    await page.getByRole("button", { name: "Add it" }).click();
    const settings = page.locator(".phone-settings li");
    await eventually(() => settings.allInnerTexts()).toEqual([
      "The app's Battery saver: No restrictions.",
      "Autostart: on for the app; and lock it in the recent apps.",
      "Notifications of the app, the urgent category: allow it to override Do Not Disturb, with sound.",
    ]);
    expect(await everything(mei, "plan-settings")).toEqual([]);
    await page.getByRole("button", { name: "Done" }).click();
    expect((await harness.state.targets())[0]).toMatchObject({ channel: "ntfy", label: "Mei's Xiaomi" });
    // And it may hear quietly in the morning, once that is wanted.
    const word = page.getByLabel("In the morning: a quiet word");
    expect(await word.isChecked()).toBe(false);
    await word.click();
    await eventually(async () => (await harness.state.targets())[0]?.morning).toBe(true);
    await eventually(() => word.isChecked()).toBe(true);
    expect(mei.troubles).toEqual([]);

    await page.reload();
    await page.locator(".phones > summary").click();
    await page.getByRole("button", { name: "Add a phone" }).click();
    expect(await page.locator("select[name=country]").inputValue()).toBe("mainland-china");
  });
});
