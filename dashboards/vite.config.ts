import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { defineConfig, type UserConfig } from "vite";

const here = import.meta.dirname;
const pages = ["caregiver", "patient", "therapist", "technician", "share"];

// Two builds, because the service worker must be one plain file at a fixed address (/sw.js: its scope is the whole
// site, and browsers find its next version there) and has to know the names of all other files.
export default defineConfig(({ mode, command }) => {
  const common: UserConfig = {
    root: here,
    base: "/",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    publicDir: path.join(here, "shared", "public"),
  };
  // A phone that is kept for the night is often an old one.
  const target = ["es2022", "safari16.4", "chrome109", "firefox115"];
  if (mode === "service-worker")
    return { ...common, publicDir: false, ...serviceWorkerBuild(target, command) };
  return {
    ...common,
    build: {
      outDir: "dist",
      emptyOutDir: true,
      target,
      // Every file under its own address: the content policy of the pages forbids data: addresses.
      assetsInlineLimit: 0,
      rolldownOptions: { input: Object.fromEntries(pages.flatMap(pageEntry)) },
    },
  };
});

function pageEntry(name: string): [string, string][] {
  const file = path.join(here, name, "index.html");
  return existsSync(file) ? [[name, file]] : [];
}

function serviceWorkerBuild(target: string[], command: "build" | "serve"): UserConfig {
  const entry = path.join(here, "shared", "sw.ts");
  const built = command === "build" ? builtFiles(outDirArgument()) : { names: [], id: "dev" };
  return {
    define: {
      __BUILD_ID__: JSON.stringify(built.id),
      __BUILD_FILES__: JSON.stringify(built.names),
    },
    build: {
      outDir: "dist",
      emptyOutDir: false,
      target,
      rolldownOptions: {
        input: existsSync(entry) ? { sw: entry } : {},
        output: { format: "iife", entryFileNames: "sw.js" },
      },
    },
  };
}

function outDirArgument(): string {
  const at = process.argv.indexOf("--outDir");
  return path.resolve(here, (at === -1 ? undefined : process.argv[at + 1]) ?? "dist");
}

function builtFiles(outDir: string): { names: string[]; id: string } {
  const hash = createHash("sha256");
  const names: string[] = [];
  for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = `/${path.relative(outDir, file).split(path.sep).join("/")}`;
    if (!entry.isFile() || name === "/sw.js" || entry.name.startsWith(".")) continue;
    names.push(name);
  }
  names.sort();
  for (const name of names) hash.update(name).update(readFileSync(path.join(outDir, name)));
  return { names, id: hash.digest("hex").slice(0, 16) };
}
