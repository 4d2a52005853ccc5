// A real browser on the built pages.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type BrowserContext, chromium, type Page } from "playwright-core";

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
  /** The page's clocks stand still but for `page.clock`. */
  readonly frozen?: boolean;
}

export interface OpenPage {
  readonly page: Page;
  /** Console errors, uncaught errors and requests to other hosts. */
  readonly troubles: string[];
}

/**
 * A headless Chromium with a profile of its own. `muted`: without the switch that lets pages sound untouched, as on
 * a phone.
 */
export async function startBrowser(options: { readonly touch?: boolean } = {}): Promise<Browser> {
  const profile = await mkdtemp(path.join(tmpdir(), "breathwatch-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    hasTouch: options.touch ?? false,
    permissions: ["notifications"],
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
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
  await page.setViewportSize(options.size ?? PHONE);
  const language = options.language ?? "en";
  await page.addInitScript((chosen) => localStorage.setItem("breathwatch.language", chosen), language);
  if (options.frozen === true) await page.clock.install();
  await page.goto(url);
  return { page, troubles };
}
