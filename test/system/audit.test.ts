// The audit record on a real disk: killed writers, and the command line beside a writer that goes on.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wall } from "../../src/domain/time.ts";
import { createDisk } from "../../src/ops/disk.ts";
import { createAuditReader } from "../../src/record/audit-read.ts";
import { startCommandLine } from "../support/command-line.ts";
import { jsonLines } from "../support/terminal.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "breathwatch-audit-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Starts the writer; `safe` are the revisions that it has said to be durable. */
function startWriter() {
  const script = path.join(import.meta.dirname, "../support/audit-writer.ts");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, root], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
  const lines = (): readonly string[] => text.split("\n").slice(0, -1);
  return {
    lines,
    /** Resolves after so many acknowledgements. */
    after: (count: number) =>
      new Promise<void>((resolve) => {
        child.stdout.on("data", (bytes: Buffer) => {
          text += bytes.toString();
          if (lines().length > count) resolve();
        });
      }),
    safe: () =>
      lines()
        .filter((line) => line.startsWith("safe "))
        .flatMap((line) => line.split(" ").slice(1).map(Number)),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function revisions(): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const record of createAuditReader(createDisk(root), "audit-b1").read(wall(0), wall(8e15))) {
    if (record.kind === "watch") found.push(record.revision);
  }
  return found;
}

describe("an audit record on a real disk", () => {
  test("holds every acknowledged record after fifteen kills in the middle of writing, and its chain is whole", async () => {
    const safe: number[] = [];
    for (let kill = 0; kill < 15; kill++) {
      const writer = startWriter();
      await writer.after(4 + ((kill * 7) % 19));
      await writer.kill();
      expect(writer.lines()[0]).toMatch(/^recovered whole /);
      safe.push(...writer.safe());
      const found = await revisions();
      expect(found).toEqual([...new Set(found)].toSorted((a, b) => a - b));
      expect(safe.filter((revision) => !found.includes(revision))).toEqual([]);
    }
    const verdict = await createAuditReader(createDisk(root), "audit-b1").verify();
    expect(verdict.breaks).toEqual([]);
    expect(verdict.records).toBeGreaterThan(300);
    const [name = ""] = await createDisk(root).list("audit-b1");
    expect(statSync(path.join(root, "audit-b1", name)).mode & 0o777).toBe(0o600);
  });

  test("is checked and exported beside a writer that goes on", async () => {
    const writer = startWriter();
    await writer.after(30);
    const verify = startCommandLine(["audit", "--verify", "--data", root]);
    const { code, data } = await verify.ended;
    expect(code).toBe(0);
    expect(jsonLines(data)).toEqual([expect.objectContaining({ bed: "b1", ok: true, breaks: [] })]);
    const file = path.join(root, "out.jsonl");
    const exporting = startCommandLine(["audit", "--export", file, "--data", root]);
    expect((await exporting.ended).code).toBe(0);
    const before = writer.lines().length;
    await expect.poll(() => writer.lines().length, { timeout: 10_000 }).toBeGreaterThan(before);
    await writer.kill();
    expect(existsSync(file)).toBe(true);
    const all = jsonLines(readFileSync(file, "utf8"));
    expect(all.map(({ n }) => n)).toEqual(all.map((_, index) => index + 1));
    expect(all.length).toBeGreaterThan(80);
  });
});
