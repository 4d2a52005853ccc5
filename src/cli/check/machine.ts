import { existsSync } from "node:fs";
import path from "node:path";
import type { HomeConfig } from "../../config/config.ts";
import type { Finding } from "../../config/read.ts";
import type { Language } from "../../domain/person.ts";
import { createAudio } from "../../ops/audio.ts";
import type { FolderFacts } from "../../ops/machine.ts";
import { createSpeech } from "../../ops/speech.ts";
import { spokenIn } from "../../words/spoken.ts";
import type { Terminal } from "../terminal.ts";
import { error, ok, warning } from "./finding.ts";

const NODE_MIN = 24;
const GIGABYTE = 1_000_000_000;
/** A warning while there is still time to act, and an error when a night may not fit any more. */
const LITTLE_BYTES = 2 * GIGABYTE;
const TOO_LITTLE_BYTES = 0.2 * GIGABYTE;
/** Built pages; in the published package they lie at the same place. */
const PAGES = path.join(import.meta.dirname, "../../../dashboards/dist");

/** What is true of the machine itself: Node, clock, zone, data folder, sounder, voice, pages. */
export async function machineFindings(
  config: HomeConfig | undefined,
  folder: { readonly path: string; readonly facts: FolderFacts },
  machine: { readonly zone: string },
  terminal: Terminal,
): Promise<readonly Finding[]> {
  return [
    nodeFinding(),
    zoneFinding(config, machine.zone),
    clockFinding(terminal),
    ...folderFindings(folder.path, folder.facts),
    ...(await sounderFindings(config, terminal)),
    await voiceFinding(config?.language ?? "en", terminal),
    pagesFinding(),
  ];
}

function nodeFinding(): Finding {
  const version = process.versions.node;
  if (Number(version.split(".")[0]) >= NODE_MIN) return ok("node", `version ${version}`);
  return error(
    "node",
    `version ${version} is too old`,
    `Start with npm start or npm run breathwatch, which bring Node ${NODE_MIN}.`,
  );
}

function zoneFinding(config: HomeConfig | undefined, machineZone: string): Finding {
  const zone = config?.zone ?? machineZone;
  if (zone !== machineZone) return ok("zone", `${zone}, as configured; the machine's own is ${machineZone}`);
  if (!/^(?:Etc\/|UTC$|GMT$)/.test(zone)) return ok("zone", zone);
  return warning(
    "zone",
    `${zone}: hours of the watch and nights would follow that and not the clock on the wall`,
    "Set zone in the configuration, for example zone: Asia/Shanghai.",
  );
}

function clockFinding({ clock }: Terminal): Finding {
  const now = new Date(clock.wall()).toISOString().slice(0, 19);
  if (clock.trusted()) return ok("clock", `${now}Z, known to be right`);
  return warning(
    "clock",
    `${now}Z, not known to be right: alarms work, but their times are marked as unsure`,
    "Give the machine a network time service (systemd-timesyncd or chrony), or a battery-backed clock.",
  );
}

function folderFindings(folder: string, facts: FolderFacts): readonly Finding[] {
  const where = `data folder ${folder}`;
  const findings: Finding[] = [];
  if (facts.problem !== undefined) {
    const fix = "Give this user the right to write it, or set dataDir to another folder.";
    findings.push(error(where, `cannot be written: ${facts.problem}`, fix, "DATA_DIR_UNWRITABLE"));
  } else if (facts.heldBy !== undefined) {
    findings.push(ok(where, `in use by the Breathwatch that runs now (process ${facts.heldBy})`));
  } else {
    findings.push(ok(where, facts.exists ? "can be written" : "will be made with the first start"));
  }
  if (facts.open) {
    const fix = `chmod 700 ${folder}; a start does so too.`;
    findings.push(warning(where, "others on this machine may look into it: it holds health data", fix));
  }
  const { freeBytes } = facts;
  if (freeBytes !== undefined && freeBytes < LITTLE_BYTES) {
    const what = `only ${(freeBytes / GIGABYTE).toFixed(1)} GB free`;
    const fix = "Free some space, use a larger disk, or lower keep.waveDays.";
    findings.push((freeBytes < TOO_LITTLE_BYTES ? error : warning)(where, what, fix, "DISK_FAILED"));
  }
  return findings;
}

/** Of the house, or of each of its rooms. */
async function sounderFindings(
  config: HomeConfig | undefined,
  terminal: Terminal,
): Promise<readonly Finding[]> {
  const audio = config?.audio ?? { enabled: true };
  const rooms = config?.sounder?.rooms;
  if (rooms === undefined || !audio.enabled) return [await sounderFinding(audio, terminal)];
  return Promise.all(
    rooms.map(({ name, device }) =>
      sounderFinding(
        { ...audio, ...(device === undefined ? {} : { device }) },
        terminal,
        `sounder in ${name}`,
      ),
    ),
  );
}

async function sounderFinding(
  audio: HomeConfig["audio"],
  terminal: Terminal,
  where = "house sounder",
): Promise<Finding> {
  const until =
    "Until then nobody here hears an alarm from this machine: sleep within hearing of the ventilator's own alarm, " +
    'and keep a phone that "breathwatch drill" has proved to ring.';
  if (!audio.enabled) {
    const fix = `Remove audio.enabled: false, and plug in a loudspeaker. ${until}`;
    return warning(where, "NO SOUNDER: switched off in the configuration", fix, "AUDIO_UNAVAILABLE");
  }
  const { clock, environment } = terminal;
  const { ok: works, detail } = await createAudio({ clock, environment, ...audio }).probe();
  if (works) return ok(where, detail);
  const fix = `Plug in a loudspeaker and turn it up, or name the right output in audio.device. ${until}`;
  return warning(where, `NO SOUNDER: ${detail}`, fix, "AUDIO_UNAVAILABLE");
}

async function voiceFinding(language: Language, { clock, environment }: Terminal): Promise<Finding> {
  const where = "spoken alarms";
  const voice = createSpeech({ clock, environment });
  const rendered = await voice.say(spokenIn(language, "SPO2_LOW"), language);
  if (rendered.ok) return ok(where, `espeak-ng speaks ${language}`);
  const fix =
    "apt-get install espeak-ng. Until then alarms sound as loudly and do not say what has happened.";
  return warning(where, `NO VOICE, alarms are tones alone: ${rendered.detail}`, fix);
}

function pagesFinding(): Finding {
  const pages = ["caregiver", "patient", "therapist", "technician"];
  const missing = pages.filter((page) => !existsSync(path.join(PAGES, page, "index.html")));
  if (missing.length === 0) return ok("page files", "built");
  return warning(
    "pages",
    `not built: ${missing.join(", ")}`,
    "npm start builds them; or npm run build:pages.",
  );
}
