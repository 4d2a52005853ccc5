// One phone of somebody who belongs to two homes on one hub: a real Firefox with the product's page and worker gets the
// pushes of both, each made with its own home's key.
import { afterAll, beforeAll, expect } from "vitest";
import { createVapidKeys } from "../../src/notify/web-push/vapid.ts";
import { createWebPush } from "../../src/notify/web-push/web-push.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createHttp } from "../../src/ops/http.ts";
import type { ChannelMessage, SendResult } from "../../src/port/channel.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import type { PushSubscribeRequest } from "../../src/server/contract.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { type Firefox, pushPreferences, startFirefox } from "../support/firefox.ts";
import { builtPages } from "../support/pages-browser.ts";
import { type PagesServer, startPagesServer } from "../support/pages-server.ts";
import { type PushService, startPushService } from "../support/push-service.ts";
import { requires } from "../support/require.ts";

const { describe, test, missing } = requires("firefox", "openssl");

const HOMES = ["homeaaaaaa", "homebbbbbb"] as const;
const keys = { homeaaaaaa: vapid(7), homebbbbbb: vapid(8) };

function vapid(seed: number) {
  return createVapidKeys(createSeededRandom(seed));
}

const message = (title: string, tag: string): ChannelMessage => ({
  ...{ key: `home/${tag}/0/0`, kind: "alarm", title, body: "Open to see what happened.", language: "en" },
  ...{ priority: "high", collapseKey: tag, ttlSeconds: 120, url: "https://hub.example/" },
  ...{ simulated: false, drill: false },
});

describe("a phone of two homes", () => {
  let certificate: Certificate;
  let forget: () => void;
  let service: PushService;
  let server: PagesServer;
  let firefox: Firefox;

  beforeAll(async () => {
    if (missing !== undefined) return;
    certificate = createCertificate();
    forget = certificate.trust();
    service = await startPushService(certificate);
    server = await startPagesServer(await builtPages());
    server.script.role = "caregiver";
    tell(HOMES);
    firefox = await startFirefox(pushPreferences(service.socketUrl));
  });
  afterAll(async () => {
    if (missing !== undefined) return;
    await firefox.close();
    await server.close();
    await service.stop();
    forget();
    certificate.remove();
  });

  /** What the hub says of the homes that somebody belongs to. */
  function tell(homes: readonly (typeof HOMES)[number][]): void {
    const pushHomes = homes.map((home) => ({ home, pushKey: keys[home].publicKey }));
    server.script.about = {
      ...{ hub: true, homes: homes.map((home) => ({ home, role: "caregiver" })) },
      pushKey: pushHomes[0]?.pushKey ?? "",
      ...(homes.length > 1 ? { pushHomes } : {}),
    };
  }
  const subscriptions = (): readonly PushSubscribeRequest[] =>
    server.asked
      .filter(({ method, path }) => method === "POST" && path === "/api/push")
      .map(({ body }) => body as PushSubscribeRequest);
  const send = (
    to: PushSubscribeRequest,
    home: (typeof HOMES)[number],
    title: string,
  ): Promise<SendResult> => {
    const clock = createClock();
    const channel = createWebPush({
      ...{ http: createHttp(clock), clock, keys: keys[home], allowPrivateEndpoints: true },
      subject: "mailto:family@example.org",
    });
    const { endpoint, p256dh, auth } = to;
    const target = { id: "t1", channel: "web-push", settings: { endpoint, p256dh, auth } };
    return channel.send(target, message(title, `b1-${home}-1`));
  };
  /** Titles of everything that is shown, by the scope of the registration that shows it. */
  const shown = async (): Promise<Record<string, string[]>> =>
    JSON.parse(
      String(
        await firefox.evaluate(`navigator.serviceWorker.getRegistrations().then((all) => Promise.all(all.map(
          async (one) => [new URL(one.scope).pathname, (await one.getNotifications()).map(({ title }) => title)])))
          .then((entries) => JSON.stringify(Object.fromEntries(entries)))`),
      ),
    ) as Record<string, string[]>;

  test("subscribes for each of them and shows what either sends", { timeout: 90_000 }, async () => {
    await firefox.goTo(`${server.url}/`);
    // Notifications are allowed here: the page subscribes by itself.
    await expect.poll(() => subscriptions().length, { timeout: 30_000 }).toBe(2);
    const [first, second] = subscriptions();
    if (first === undefined || second === undefined) throw new Error("there are two");
    expect([first.home, second.home]).toEqual([...HOMES]);
    expect(new Set([first.endpoint, second.endpoint]).size).toBe(2);

    expect(await send(first, "homeaaaaaa", "Of the first home")).toMatchObject({ outcome: "accepted" });
    expect(await send(second, "homebbbbbb", "Of the second home")).toMatchObject({ outcome: "accepted" });
    // What was not there before: another home's key is refused.
    expect(await send(first, "homebbbbbb", "Of nobody")).toMatchObject({ outcome: "refused" });
    await expect
      .poll(shown, { timeout: 30_000 })
      .toEqual({ "/": ["Of the first home"], "/push/homebbbbbb/": ["Of the second home"] });
  });

  test("keeps its subscriptions over a visit, in whatever order the homes come, and lets go of a home that is gone", {
    timeout: 90_000,
  }, async () => {
    const before = subscriptions().map(({ home, endpoint }) => `${home} ${endpoint}`);
    server.asked.splice(0);
    tell(["homebbbbbb", "homeaaaaaa"]);
    await firefox.goTo(`${server.url}/?again`);
    await expect.poll(() => subscriptions().length, { timeout: 30_000 }).toBe(2);
    expect(
      subscriptions()
        .map(({ home, endpoint }) => `${home} ${endpoint}`)
        .toSorted(),
    ).toEqual(before.toSorted());

    server.asked.splice(0);
    tell(["homeaaaaaa"]);
    await firefox.goTo(`${server.url}/?once-more`);
    await expect.poll(() => subscriptions().length, { timeout: 30_000 }).toBe(1);
    expect(before).toContain(`homeaaaaaa ${subscriptions()[0]?.endpoint}`);
    await expect.poll(async () => Object.keys(await shown()), { timeout: 30_000 }).toEqual(["/"]);
  });
});
