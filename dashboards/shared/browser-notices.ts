import type { Notices } from "./loss-notice.ts";

const TAG = "no-connection";
const VIBRATION = [400, 150, 400, 150, 400, 600, 400, 150, 400];

/** Those of this browser, where "Start the night" was allowed to use them. */
export const browserNotices: Notices = {
  async show({ title, body, lang }) {
    const registration = await registered();
    const options = { body, lang, tag: TAG, requireInteraction: true, data: { url: "/", tag: TAG } };
    // Not in every browser's list of options, and passed over where they are not.
    const louder = { ...options, renotify: true, vibrate: VIBRATION, icon: "/icons/icon-192.png" };
    await registration
      ?.showNotification(title, louder)
      .catch(() => registration.showNotification(title, options));
  },
  async clear() {
    const shown = (await (await registered())?.getNotifications({ tag: TAG })) ?? [];
    for (const notification of shown) notification.close();
  },
};

async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return undefined;
  if (!("serviceWorker" in navigator)) return undefined;
  return navigator.serviceWorker.getRegistration();
}
