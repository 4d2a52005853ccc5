import { WORKER_SETTINGS_CACHE } from "../language.ts";

const CACHE = `breathwatch-${__BUILD_ID__}`;
/** A page that the network does not bring by then comes from the phone; it says itself that it is not connected. */
const NETWORK_MS = 4_000;

const PAGES: { readonly [path: string]: string } = {
  "/": "/caregiver/index.html",
  "/patient": "/patient/index.html",
  "/therapist": "/therapist/index.html",
  "/technician": "/technician/index.html",
};

export async function cacheFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([...__BUILD_FILES__]);
}

export async function dropOldCaches(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter(
    (name) => name.startsWith("breathwatch-") && ![CACHE, WORKER_SETTINGS_CACHE].includes(name),
  );
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The answer for one of the page's own files; undefined leaves the request to the browser. Never for the API. */
export function pageOrCached(request: Request): Promise<Response> | undefined {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || url.pathname.startsWith("/api/"))
    return undefined;
  if (request.mode === "navigate") {
    const file = PAGES[url.pathname.replace(/(?<=.)\/$/, "")];
    return file === undefined ? undefined : networkFirst(request, file);
  }
  if (!__BUILD_FILES__.includes(url.pathname)) return undefined;
  return cacheFirst(request, url.pathname);
}

async function networkFirst(request: Request, file: string): Promise<Response> {
  try {
    const response = await fetch(request.url, {
      signal: AbortSignal.timeout(NETWORK_MS),
      credentials: "same-origin",
    });
    if (response.ok) return response;
    return (await cached(file)) ?? response;
  } catch (error) {
    const page = await cached(file);
    if (page !== undefined) return page;
    throw error;
  }
}

async function cacheFirst(request: Request, path: string): Promise<Response> {
  return (await cached(path)) ?? (await fetch(request));
}

async function cached(path: string): Promise<Response | undefined> {
  return await (await caches.open(CACHE)).match(path);
}
