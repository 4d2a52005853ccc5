import { createHash } from "node:crypto";
import { mkdir, open, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Fault } from "../domain/fault.ts";
import { ownBed, splitBed } from "../domain/ids.ts";
import {
  exportResearch,
  RESEARCH_LICENCE,
  type ResearchSource,
  type ResearchSummary,
  researchMetadata,
} from "../report/research.ts";
import { command, invalidInput, needed, UsageError } from "./command.ts";
import type { DataFolder } from "./data-folder.ts";
import { STOPPED_OPTIONS, whileStopped } from "./stopped.ts";
import type { Terminal } from "./terminal.ts";
import { timeOf, zoneOf } from "./zone.ts";

const PREVIEW_LINES = 12;
const SAMPLES = "samples.csv";
const METADATA = "metadata.json";
const MANIFEST = "SHA256SUMS";

/** `breathwatch research`: what the person of a bed gave to research, shown first, then written without who it is. */
export const researchCommand = command({
  name: "research",
  usage: "preview --bed B | export --bed B --out FOLDER  [--from TIME] [--to TIME] [--config FILE]",
  about:
    "Writes what the person of a bed consented to give to research, and nothing else: the consented signals, from\n" +
    "the moment of their consent on, without names, labels, ids, notes and serial numbers, with its dates shifted by\n" +
    "a secret whole number of weeks (day of the week and time of day stay). Nights with anything simulated are left\n" +
    "out. preview shows first what would leave: counts, signals, the shifted time range, and the first lines exactly\n" +
    "as they will be. Consent is given and taken back on the pages of patient or owner. Both are kept in the record\n" +
    "of the home. The home or hub of that data folder must be stopped.",
  options: {
    bed: { type: "string", value: "B", help: "b1, b2...; on a hub HOME~b1" },
    out: { type: "string", value: "FOLDER", help: "export: a folder that is empty or not there" },
    from: { type: "string", value: "TIME", help: "the first moment, 2026-01-15T22:00+08:00" },
    to: { type: "string", value: "TIME", help: "the moment after the last" },
    zone: { type: "string", value: "ZONE", help: "of the bed, where it is not the one of the configuration" },
    ...STOPPED_OPTIONS,
  },
  positionals: { min: 1, max: 1, names: "preview or export" },
  examples: [
    "breathwatch research preview --bed b1",
    "breathwatch research export --bed b1 --out /media/stick/study",
  ],
  async run({ values, positionals: [what = ""] }, terminal) {
    if (what !== "preview" && what !== "export") {
      throw new UsageError(`"research ${what}" is nothing; it is preview or export.`);
    }
    const bed = needed(values.bed, "--bed");
    const out = what === "export" ? path.resolve(terminal.folder, needed(values.out, "--out")) : undefined;
    const range = {
      ...(values.from === undefined ? {} : { from: timeOf(values.from) }),
      ...(values.to === undefined ? {} : { to: timeOf(values.to) }),
    };
    return whileStopped(values, terminal, async ({ config, open: openFolder }) => {
      const folder = await openFolder();
      try {
        return await hand({ folder, bed, zone: zoneOf(values.zone ?? config.zone), range, out }, terminal);
      } finally {
        await folder.close();
      }
    });
  },
});

interface Asked {
  readonly folder: DataFolder;
  readonly bed: string;
  readonly zone: string;
  readonly range: Pick<ResearchSource, "from" | "to">;
  /** Absent: show only. */
  readonly out: string | undefined;
}

async function hand({ folder, bed, zone, range, out }: Asked, terminal: Terminal): Promise<number> {
  const { stores, timeseries } = folder;
  const home = splitBed(bed)?.home;
  const state = home === undefined ? stores.state : stores.homes.of(home);
  const own = ownBed(bed);
  const [consents, secret] = await Promise.all([state.researchConsents(own), state.researchSecret(own)]);
  if (secret === undefined) {
    throw new Fault("NOT_ALLOWED", `Nothing of bed ${bed} is given to research.`, {
      fix: "Patient or owner can give it on their page, and take it back there.",
      permanent: true,
    });
  }
  const source: ResearchSource = { timeseries, bed, zone, consents, secret, ...range };
  const summary = out === undefined ? await preview(source, terminal) : await write(source, out);
  const what = `${own} ${summary.rows} rows ${Object.keys(summary.signals).join(" ")}`;
  const action = out === undefined ? "research.previewed" : "research.exported";
  await state.audit({ at: terminal.clock.wall(), action, detail: what });
  terminal.say(
    `${summary.rows} rows of ${summary.nights} nights${out === undefined ? " would leave" : ` written to ${out}`}.`,
  );
  if (summary.simulatedNights > 0)
    terminal.say(`Left out: ${summary.simulatedNights} nights with simulated data.`);
  await terminal.print(`${JSON.stringify(summary)}\n`);
  return 0;
}

async function preview(source: ResearchSource, terminal: Terminal): Promise<ResearchSummary> {
  let lines: string[] = [];
  const summary = await exportResearch(source, async (text) => {
    terminal.signal.throwIfAborted();
    if (lines.length < PREVIEW_LINES)
      lines = [...lines, ...text.trimEnd().split("\r\n")].slice(0, PREVIEW_LINES);
  });
  terminal.say(`${SAMPLES} would begin like this:`);
  for (const line of lines) terminal.say(`  ${line}`);
  terminal.say(`${METADATA} would say:`);
  terminal.say(researchMetadata(summary).trimEnd());
  terminal.say(RESEARCH_LICENCE);
  return summary;
}

async function write(source: ResearchSource, out: string): Promise<ResearchSummary> {
  await mkdir(out, { recursive: true, mode: 0o700 });
  if ((await readdir(out)).length > 0) throw invalidInput(`${out} is not empty.`, "Name another folder.");
  const file = await open(path.join(out, SAMPLES), "wx", 0o600);
  const samples = createHash("sha256");
  let summary: ResearchSummary;
  try {
    summary = await exportResearch(source, async (text) => {
      samples.update(text);
      await file.writeFile(text);
    });
  } finally {
    await file.close();
  }
  const metadata = researchMetadata(summary);
  await writeFile(path.join(out, METADATA), metadata, { mode: 0o600 });
  const sums = [
    `${createHash("sha256").update(metadata).digest("hex")}  ${METADATA}`,
    `${samples.digest("hex")}  ${SAMPLES}`,
  ];
  await writeFile(path.join(out, MANIFEST), `${sums.join("\n")}\n`, { mode: 0o600 });
  return summary;
}
