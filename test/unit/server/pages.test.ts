import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { languageOf } from "../../../src/server/html.ts";
import { type Harness, startHarness } from "./harness.ts";

let folder: string;
let harness: Harness;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-pages-"));
  const dist = path.join(folder, "dist");
  for (const name of ["caregiver", "patient", "assets"])
    mkdirSync(path.join(dist, name), { recursive: true });
  writeFileSync(path.join(dist, "caregiver/index.html"), "<!doctype html>watch");
  writeFileSync(path.join(dist, "patient/index.html"), "<!doctype html>call");
  writeFileSync(path.join(dist, "assets/main-a1b2.js"), "go()");
  writeFileSync(path.join(dist, "sw.js"), "worker()");
  writeFileSync(path.join(dist, "manifest.webmanifest"), "{}");
  writeFileSync(path.join(dist, ".hidden"), "hidden");
  writeFileSync(path.join(folder, "secret.txt"), "secret");
  harness = await startHarness({ pagesFolder: dist });
});
afterEach(async () => {
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
  expect(harness.complaints()).toEqual([]);
});
const get = (url: string, headers: Record<string, string> = {}) => harness.app.inject({ url, headers });

describe("pages", () => {
  it.each([
    ["/", "watch"],
    ["/patient", "call"],
    ["/patient/", "call"],
    ["/caregiver/index.html", "watch"],
  ])("%s shows its page to anybody, always asked for anew", async (url, text) => {
    const page = await get(url);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain(text);
    expect(page.headers["content-type"]).toMatch(/^text\/html/);
    expect(page.headers["cache-control"]).toBe("no-cache");
    const again = await get(url, { "if-none-match": String(page.headers["etag"]) });
    expect(again.statusCode).toBe(304);
  });

  it("keep files named by their content for ever, and the service worker never", async () => {
    expect((await get("/assets/main-a1b2.js")).headers["cache-control"]).toContain("immutable");
    const worker = await get("/sw.js");
    expect(worker.headers["cache-control"]).toBe("no-cache");
    expect(worker.headers["content-type"]).toMatch(/^(application|text)\/javascript/);
    expect((await get("/manifest.webmanifest")).headers["content-type"]).toContain(
      "application/manifest+json",
    );
  });

  it("gives the microphone to the page that records a voice, asked for anew too, and to no other", async () => {
    const first = await get("/");
    const again = await get("/", { "if-none-match": String(first.headers["etag"]) });
    expect([first.statusCode, again.statusCode]).toEqual([200, 304]);
    for (const { headers } of [first, again])
      expect(headers["permissions-policy"]).toBe(
        "camera=(), microphone=(self), geolocation=(), payment=(), usb=(), serial=()",
      );
    for (const url of ["/patient", "/assets/main-a1b2.js", "/sw.js", "/healthz"])
      expect((await get(url)).headers["permissions-policy"], url).toContain("microphone=(),");
  });

  it("carry a policy under which nothing of anybody else's can run", async () => {
    const { headers } = await get("/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
    });
  });

  it.each([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/....//....//secret.txt",
    "/..%5csecret.txt",
    "/%00secret.txt",
    "//etc/passwd",
    "/.hidden",
    "/assets",
    "/assets/",
    "/patient/../../secret.txt",
  ])("%s leads nowhere", async (url) => {
    const answer = await get(url);
    expect([400, 403, 404]).toContain(answer.statusCode);
    expect(answer.body).not.toMatch(/secret\n?$|hidden$|root:|main-a1b2/);
  });

  it("that were not built say how to build them, in the reader's language", async () => {
    const page = await get("/therapist", { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" });
    expect(page.statusCode).toBe(503);
    expect(page.body).toContain('<html lang="zh-Hans">');
    expect(page.body).toContain("npm run build:pages");
  });
});

describe("a reader's language", () => {
  it.each([
    [undefined, "en"],
    ["", "en"],
    ["de-DE,de;q=0.9", "en"],
    ["de,zh-TW;q=0.8", "zh-Hant"],
    ["zh-HK", "zh-Hant"],
    ["zh-Hant-CN", "zh-Hant"],
    ["zh", "zh-Hans"],
    ["zh-SG,en", "zh-Hans"],
    ["en-GB,zh", "en"],
    [",;q=1,,", "en"],
  ])("of %j is %s", (header, language) => {
    expect(languageOf(header)).toBe(language);
  });
});
