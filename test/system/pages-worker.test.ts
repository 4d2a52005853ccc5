import type { CDPSession, Page, Worker } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import type { PushPayload } from "../../src/server/contract.ts";
import { type Browser, builtPages, eventually, startBrowser } from "../support/pages-browser.ts";
import { type PagesServer, problem, startPagesServer } from "../support/pages-server.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

const ALARM: PushPayload = {
  title: "Breathwatch: look now (urgent)",
  body: "Open to see what happened.",
  tag: "b1-journal234-1",
  url: "/",
  acknowledgeUrl: "/api/a/token234",
  acknowledgeLabel: "I'm going",
  receiptUrl: "/api/r/receipt234",
  kind: "alarm",
  priority: "high",
  simulated: false,
  drill: false,
};

/** A notification as the worker's registration lists it. */
interface Listed {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly silent: boolean | null;
  readonly requireInteraction: boolean;
  readonly actions: readonly { readonly action: string; readonly title: string }[];
}

let browser: Browser;
let server: PagesServer;
let page: Page;
let session: CDPSession;
let worker: Worker;
let registration: string;

describe("the service worker", () => {
  beforeAll(async () => {
    server = await startPagesServer(await builtPages());
    browser = await startBrowser();
    ({ page } = await browser.open(`${server.url}/`));
    // A push that comes before the worker is fully awake would be lost, and with it the test.
    await vi.waitUntil(
      () => page.evaluate<boolean>("navigator.serviceWorker.controller?.state === 'activated'"),
      {
        timeout: 20_000,
      },
    );
    session = await browser.context.newCDPSession(page);
    registration = await new Promise<string>((resolve, reject) => {
      session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        const found = registrations.find((each) => each.scopeURL === `${server.url}/`);
        if (found !== undefined) resolve(found.registrationId);
      });
      session.send("ServiceWorker.enable").catch(reject);
    });
    const found = browser.context.serviceWorkers()[0];
    if (found === undefined) throw new Error("no worker is running");
    worker = found;
    await worker.evaluate(`(() => {
      const show = registration.showNotification.bind(registration);
      self.timesShown = 0;
      registration.showNotification = async (...args) => {
        await show(...args);
        self.timesShown += 1;
      };
    })()`);
  });
  afterEach(async () => {
    server.script.refusals.clear();
    server.asked.splice(0);
    // What is closed stays listed for a moment; the next test must not take it for its own.
    await vi.waitUntil(async () => {
      await worker.evaluate(
        "registration.getNotifications().then((all) => all.forEach((each) => each.close()))",
      );
      return (await shown()).length === 0;
    });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  /**
   * Does something that makes the worker show a notification, and waits until it has. Chromium forgets a notification
   * whose list is asked for while it is being put up.
   */
  async function showing(act: () => Promise<unknown>): Promise<void> {
    const times = () => worker.evaluate<number>("self.timesShown");
    const before = await times();
    await act();
    await vi.waitUntil(async () => (await times()) > before, { timeout: 20_000 });
  }
  const push = (data: object | string) =>
    showing(() =>
      session.send("ServiceWorker.deliverPushMessage", {
        origin: server.url,
        registrationId: registration,
        data: typeof data === "string" ? data : JSON.stringify(data),
      }),
    );
  const click = (action: string) =>
    showing(() =>
      worker.evaluate(`registration.getNotifications().then(([notification]) => {
        dispatchEvent(new NotificationEvent("notificationclick", { notification, action: ${JSON.stringify(action)} }));
      })`),
    );
  const shown = (): Promise<Listed[]> =>
    worker.evaluate(`registration.getNotifications().then((list) => list.map(
      ({ title, body, tag, silent, requireInteraction, actions }) =>
        ({ title, body, tag, silent, requireInteraction, actions: actions.map(({ action, title }) => ({ action, title })) })
    ))`);
  const posts = (path: string) =>
    server.asked.filter((asked) => asked.method === "POST" && asked.path === path);

  test("shows an alarm that stays, with its answer on it, and sends a receipt once it is shown", async () => {
    await push(ALARM);
    await eventually(shown).toEqual([
      {
        title: ALARM.title,
        body: ALARM.body,
        tag: ALARM.tag,
        silent: false,
        requireInteraction: true,
        actions: [
          { action: "acknowledge", title: "I'm going" },
          { action: "open", title: "Show" },
        ],
      },
    ]);
    await eventually(() => posts("/api/r/receipt234").length).toBe(1);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "SpO2 LOW"],
    ["a number", "7"],
    ["null", "null"],
    ["a list", "[1]"],
    ["an object without a title", '{"kind":"alarm","body":"x","tag":"t","url":"/"}'],
    ["a kind of a newer server", JSON.stringify({ ...ALARM, kind: "whisper" })],
  ])("shows something for a push with %s", async (_, data) => {
    await push(data);
    await eventually(shown).toMatchObject([
      { title: "Breathwatch: please look now", requireInteraction: true },
    ]);
  });

  test("speaks the language chosen on this phone when nothing else says what to say", async () => {
    await page.locator(".languages [lang=zh-Hant]").click();
    await eventually(() =>
      worker.evaluate(`caches.match("/settings/language").then((response) => response?.text())`),
    ).toBe("zh-Hant");
    await push("");
    await eventually(shown).toMatchObject([{ title: "呼吸守護：請立刻查看" }]);
    await page.locator(".languages [lang=en]").click();
    await eventually(() =>
      worker.evaluate(`caches.match("/settings/language").then((response) => response?.text())`),
    ).toBe("en");
  });

  test("keeps one notification per incident: an update takes its place quietly, the end too", async () => {
    await push(ALARM);
    await eventually(shown).toHaveLength(1);
    await push({ ...ALARM, kind: "update", title: "Mei is going" });
    await eventually(shown).toMatchObject([
      { title: "Mei is going", silent: true, requireInteraction: false, actions: [] },
    ]);
    await push({ ...ALARM, kind: "closed", title: "Breathwatch: over" });
    await eventually(shown).toMatchObject([{ title: "Breathwatch: over", silent: true }]);
    await push({ ...ALARM, tag: "b1-journal234-2" });
    await eventually(shown).toHaveLength(2);
  });

  test("marks DRILL and SIMULATED first, and not twice", async () => {
    await push({ ...ALARM, drill: true, simulated: true });
    await eventually(shown).toMatchObject([{ title: `DRILL · SIMULATED · ${ALARM.title}` }]);
    await push({ ...ALARM, drill: true, title: `DRILL · ${ALARM.title}` });
    await eventually(shown).toMatchObject([{ title: `DRILL · ${ALARM.title}` }]);
  });

  test("passes an answer on and shows that it arrived", async () => {
    await push(ALARM);
    await click("acknowledge");
    await eventually(() => posts("/api/a/token234").length).toBe(1);
    await eventually(shown).toMatchObject([{ title: "You are going", tag: ALARM.tag, silent: true }]);
  });

  test("shows an evening check like any message; a tap anywhere on it is the answer, once", async () => {
    const check = { ...ALARM, title: "Evening check: tap once", priority: "low", check: "quiet" } as const;
    await push({
      ...check,
      acknowledgeUrl: "/api/a/check234",
      acknowledgeLabel: "I hear it",
      drill: true,
      simulated: true,
    });
    await eventually(shown).toMatchObject([
      {
        ...{ title: "Evening check: tap once", requireInteraction: false },
        actions: [{ action: "acknowledge", title: "I hear it" }],
      },
    ]);
    await click("");
    await eventually(() => posts("/api/a/check234").length).toBe(1);
    await eventually(shown).toMatchObject([{ title: "Thank you: this phone answers", silent: true }]);
  });

  test("says of a loud drill that it is one, and that a tap on it did not arrive", async () => {
    server.script.refusals.set("POST /api/a/drill234", problem(404, "NOT_FOUND", "Used up."));
    await push({ ...ALARM, acknowledgeUrl: "/api/a/drill234", check: "loud", drill: true, simulated: true });
    await eventually(shown).toMatchObject([
      { title: `DRILL · SIMULATED · ${ALARM.title}`, requireInteraction: true },
    ]);
    await click("");
    await eventually(shown).toMatchObject([
      { title: "NOT passed on: the check has not heard this phone", requireInteraction: true },
    ]);
    server.script.refusals.set("POST /api/a/drill234", problem(409, "CONFLICT", "Over."));
    await click("");
    await eventually(shown).toMatchObject([{ title: "The check is over" }]);
  });

  test("says loudly that an answer did not arrive, and lets it be tried again", async () => {
    server.script.refusals.set("POST /api/a/token234", problem(404, "NOT_FOUND", "Used up."));
    await push(ALARM);
    await click("acknowledge");
    await eventually(shown).toMatchObject([
      { title: "NOT passed on: nobody knows that you are going", requireInteraction: true },
    ]);
    server.script.refusals.clear();
    await click("acknowledge");
    await eventually(shown).toMatchObject([{ title: "You are going" }]);
  });

  test("says that the alarm is over when the answer came too late", async () => {
    server.script.refusals.set("POST /api/a/token234", problem(409, "CONFLICT", "It has ended."));
    await push(ALARM);
    await click("acknowledge");
    await eventually(shown).toMatchObject([{ title: "Breathwatch: over", silent: true }]);
  });

  test.each([
    ["ALARM_WORSE", "NOT taken: it has become worse since this message"],
    ["ANSWER_OLD", "NOT taken: this message has been answered, and that has run out"],
  ] as const)(
    "stays and asks to look where an answer counts for nothing any more: %s",
    async (code, title) => {
      server.script.refusals.set("POST /api/a/token234", problem(422, code, "Look again."));
      await push(ALARM);
      await click("acknowledge");
      await eventually(shown).toMatchObject([{ title, requireInteraction: true, actions: [] }]);
    },
  );

  test("tells the family when the browser has thrown the subscription away and it cannot be renewed", async () => {
    server.script.refusals.set("GET /api/me", problem(503, "STATE_FAILED", "Not now."));
    await showing(() => worker.evaluate(`dispatchEvent(new ExtendableEvent("pushsubscriptionchange"))`));
    await eventually(shown).toMatchObject([
      { title: "This phone does not ring any more", requireInteraction: true },
    ]);
  });

  test("opens every page without a network, and the page says that it shows nothing of tonight", async () => {
    await server.down();
    for (const path of ["/", "/patient", "/therapist", "/technician"]) {
      await page.goto(`${server.url}${path}`);
      await page.getByText("NO CONNECTION").waitFor();
      await eventually(() => page.locator("main").innerText()).toContain("It shows nothing of tonight");
    }
    await server.up();
    await page.goto(server.url);
    await page.locator("[data-signal=spo2]").waitFor();
  });

  test("never answers from memory what must be true now", async () => {
    const cached = await worker.evaluate<string[]>(`caches.keys().then(async (names) => {
      const caches_ = await Promise.all(names.map((name) => caches.open(name)));
      const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
      return requests.map((request) => new URL(request.url).pathname);
    })`);
    expect(cached).toContain("/caregiver/index.html");
    expect(cached.filter((path) => path.startsWith("/api/"))).toEqual([]);
  });

  test("the page can be installed", async () => {
    const { errors } = await session.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    // Headless profiles are not the kind that installs; everything else would be ours.
    expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual(
      [],
    );
  });
});
