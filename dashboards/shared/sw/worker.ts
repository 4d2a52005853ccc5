/**
 * The service worker: keeps the pages for when there is no network, and shows every push, whatever it holds. Part of
 * the alarm path, so it is small, hand-written and tested on its own.
 */
import { acknowledge, isCheck, openPage } from "./answer.ts";
import { cacheFiles, dropOldCaches, pageOrCached } from "./offline.ts";
import { renewSubscription } from "./renew.ts";
import { showPush } from "./show.ts";

declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", (event) => {
  event.waitUntil(cacheFiles().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldCaches().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const answer = pageOrCached(event.request);
  if (answer !== undefined) event.respondWith(answer);
});

self.addEventListener("push", (event) => {
  event.waitUntil(showPush(self, event.data?.text()));
});

self.addEventListener("notificationclick", (event) => {
  event.waitUntil(
    event.action === "acknowledge" || isCheck(event.notification)
      ? acknowledge(self, event.notification)
      : openPage(self, event.notification),
  );
});

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renewSubscription(self, event));
});
