// A real browser on the built pages.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const root = path.join(import.meta.dirname, "../..");

export const PHONE = { width: 360, height: 740 } as const;
export const DESK = { width: 1280, height: 800 } as const;

/** Builds the pages when they are stale; resolves to their folder. */
export async function builtPages(): Promise<string> {
  const build = 'import("./scripts/bootstrap.mjs").then((b) => b.ensurePages({ strict: true, quiet: true }))';
  await promisify(execFile)(process.execPath, ["-e", build], { cwd: root });
  return path.join(root, "dashboards", "dist");
}

export interface Browser {
  readonly context: BrowserContext;
  /** A page of its own; everything that goes wrong in it is collected. */
  open(url: string, options?: OpenOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly size?: { readonly width: number; readonly height: number };
  readonly language?: string;
  /** The page's clocks obey `page.clock`. */
  readonly frozen?: boolean;
  /** What the page's clocks say when it opens, epoch milliseconds; implies frozen. */
  readonly at?: number;
}

export interface OpenPage {
  readonly page: Page;
  /** Console errors, uncaught errors and requests to other hosts. */
  readonly troubles: string[];
  /** Does something that makes the server speak, and waits until the page has heard it. */
  hears(act: () => void): Promise<void>;
}

/** A headless Chromium with a profile of its own; like a phone's, it keeps pages silent until they are touched. */
export async function startBrowser(
  options: {
    readonly touch?: boolean;
    readonly ignoreCertificates?: boolean;
    /** More of Chromium's own, such as a microphone that hears a file. */
    readonly args?: readonly string[];
  } = {},
): Promise<Browser> {
  const profile = await mkdtemp(path.join(tmpdir(), "breathwatch-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    hasTouch: options.touch ?? false,
    ignoreHTTPSErrors: options.ignoreCertificates ?? false,
    permissions: ["notifications"],
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...(options.args ?? [])],
  });
  return {
    context,
    open: (url, open) => openPage(context, url, open ?? {}),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

async function openPage(context: BrowserContext, url: string, options: OpenOptions): Promise<OpenPage> {
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) troubles.push(`asked ${request.url()}`);
  });
  let frames = 0;
  page.on("websocket", (socket) => {
    socket.on("framereceived", () => {
      frames += 1;
    });
  });
  await page.setViewportSize(options.size ?? PHONE);
  const language = options.language ?? "en";
  await page.addInitScript({ path: path.join(import.meta.dirname, "pages-probe.js") });
  await page.addInitScript(`localStorage.setItem("breathwatch.language", ${JSON.stringify(language)})`);
  if (options.at !== undefined) await page.clock.install({ time: options.at });
  else if (options.frozen === true) await page.clock.install();
  await page.goto(url);
  async function hears(act: () => void): Promise<void> {
    const before = frames;
    act();
    await eventually(() => frames).toBeGreaterThan(before);
    // What the browser has told us of, the page itself hears in its next turn.
    await page.evaluate("0");
  }
  return { page, troubles, hears };
}

/** Waits for something to become true: browsers take their time on a busy machine. */
export const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 20_000 });

/** Parts of the page that stick out of the screen, or whose text does not fit in them. */
export const overflowing = (page: Page): Promise<string[]> => page.evaluate("probe.overflowing()");

/** Sounds that the page plays in a loop now. */
export const loopingSounds = (page: Page): Promise<number> => page.evaluate("probe.loops()");

/** What axe-core finds against WCAG 2.2 AA, as "rule: place". */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the content policy of the pages stays in force. Once: half a megabyte.
  const isThere = await page.evaluate<boolean>("'axe' in globalThis");
  if (!isThere)
    await page.evaluate(
      await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"),
    );
  return await page.evaluate("probe.faults()");
}
