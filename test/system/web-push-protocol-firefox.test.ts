// A real Firefox subscribes, receives what our channel encrypts and shows it. The page here is the least that can do
// so; the product's own page and service worker have a test of the whole path.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect } from "vitest";
import { createVapidKeys } from "../../src/notify/web-push/vapid.ts";
import { createWebPush } from "../../src/notify/web-push/web-push.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createHttp } from "../../src/ops/http.ts";
import type { ChannelMessage, SendResult } from "../../src/port/channel.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { type Firefox, pushPreferences, startFirefox } from "../support/firefox.ts";
import { type PushService, startPushService } from "../support/push-service.ts";
import { requires } from "../support/require.ts";

const { describe, test, missing } = requires("firefox", "openssl");

const keys = createVapidKeys(createSeededRandom(5));

const PAGE = `<!doctype html><title>Push</title><script>
  window.shown = [];
  navigator.serviceWorker.addEventListener("message", ({ data }) => shown.push(data));
  window.ready = navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready);
  window.subscribe = async (key) => {
    const registration = await ready;
    const options = { userVisibleOnly: true, applicationServerKey: key };
    return JSON.stringify(await registration.pushManager.subscribe(options));
  };
</script>`;

const WORKER = `
  self.addEventListener("install", () => self.skipWaiting());
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener("push", (event) => event.waitUntil((async () => {
    const payload = event.data.json();
    await self.registration.showNotification(payload.title, { body: payload.body, tag: payload.tag });
    const notifications = await self.registration.getNotifications();
    const titles = notifications.map(({ title }) => title);
    for (const page of await self.clients.matchAll()) page.postMessage({ payload, titles });
  })()));
`;

const message = (title: string): ChannelMessage => ({
  key: "home/b1-abcdefghij-1/0/0",
  kind: "alarm",
  title,
  body: "点开看发生了什么。",
  language: "zh-Hans",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.local/",
  acknowledgeUrl: "https://home.local/api/a/token",
  simulated: true,
  drill: true,
});

describe("Web Push in Firefox", () => {
  let certificate: Certificate;
  let forget: () => void;
  let service: PushService;
  let pages: Server;
  let firefox: Firefox;
  let settings: { endpoint: string; p256dh: string; auth: string };

  beforeAll(async () => {
    if (missing !== undefined) return;
    certificate = createCertificate();
    forget = certificate.trust();
    service = await startPushService(certificate);
    pages = createServer((request, response) => {
      const isWorker = request.url === "/worker.js";
      const type = isWorker ? "text/javascript" : "text/html";
      response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(isWorker ? WORKER : PAGE);
    });
    await new Promise<void>((resolve) => {
      pages.listen(0, "127.0.0.1", resolve);
    });
    firefox = await startFirefox(pushPreferences(service.socketUrl));
    await firefox.goTo(`http://localhost:${(pages.address() as AddressInfo).port}/`);
    const subscription = await firefox.evaluate(`subscribe(${JSON.stringify(keys.publicKey)})`);
    const { endpoint, keys: secrets } = JSON.parse(String(subscription));
    settings = { endpoint, p256dh: secrets.p256dh, auth: secrets.auth };
  });

  afterAll(async () => {
    if (missing !== undefined) return;
    await firefox.close();
    await service.stop();
    forget();
    certificate.remove();
    pages.closeAllConnections();
    await new Promise((resolve) => pages.close(resolve));
  });

  const send = (title: string, vapid = keys): Promise<SendResult> => {
    const clock = createClock();
    const channel = createWebPush({
      http: createHttp(clock),
      clock,
      keys: vapid,
      subject: "mailto:family@example.org",
      allowPrivateEndpoints: true,
    });
    return channel.send({ id: "t1", channel: "web-push", settings }, message(title));
  };

  test("decrypts and shows what our channel sent", async () => {
    const acknowledged = service.next("acknowledged");
    expect(await send("呼吸守护：演练")).toMatchObject({ outcome: "accepted" });
    // 100: the browser handed the decrypted message to the service worker.
    expect((await acknowledged).code).toBe(100);
    const shown = JSON.parse(String(await firefox.until("shown.length > 0 && JSON.stringify(shown.at(-1))")));
    expect(shown.titles).toEqual(["呼吸守护：演练"]);
    expect(shown.payload).toMatchObject({ tag: "b1-abcdefghij-1", drill: true, priority: "high" });
  });

  test("after a while without a network shows the newest state of an incident only", async () => {
    await firefox.evaluate("shown.length = 0");
    const disconnected = service.next("disconnected");
    service.dropBrowsers();
    await disconnected;
    const acknowledged = service.next("acknowledged");
    await send("old");
    await send("new");
    await acknowledged;
    await firefox.until("shown.length > 0");
    expect(await firefox.evaluate("shown.map(({ payload }) => payload.title).join()")).toBe("new");
    expect(service.events.filter(({ kind }) => kind === "undecryptable")).toEqual([]);
  });

  test("refuses a sender with another key, and is gone once the page unsubscribes", async () => {
    const stranger = createVapidKeys(createSeededRandom(6));
    expect(await send("stranger", stranger)).toMatchObject({ outcome: "refused", gone: true });
    const unregistered = service.next("unregistered");
    await firefox.evaluate("ready.then((r) => r.pushManager.getSubscription()).then((s) => s.unsubscribe())");
    await unregistered;
    expect(await send("nobody")).toMatchObject({ outcome: "refused", gone: true });
  });
});
