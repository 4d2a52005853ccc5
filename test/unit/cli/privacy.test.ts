import { createHash } from "node:crypto";
import { linkSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { findConfiguration } from "../../../src/cli/configuration.ts";
import { openDataFolder } from "../../../src/cli/data-folder.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import type { Occurrence } from "../../../src/domain/alarm.ts";
import type { DutyBook } from "../../../src/domain/duty.ts";
import { NOTE_KINDS, type NoteBody, type NoteKind } from "../../../src/domain/note.ts";
import { absent } from "../../../src/domain/sample.ts";
import { nightOf, wall } from "../../../src/domain/time.ts";
import { createDisk } from "../../../src/ops/disk.ts";
import { lockDataDir } from "../../../src/ops/lock.ts";
import type { Batch, StoredRow } from "../../../src/port/timeseries.ts";
import { openAuditLog } from "../../../src/record/audit.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { readUsersOut } from "../../../src/server/users-out.ts";
import { silentLog } from "../../support/silent-log.ts";
import { createTestTerminal, type TestTerminal } from "../../support/terminal.ts";

const YAML =
  "zone: Asia/Shanghai\nbeds:\n  - id: b1\n    label: Grandma Zhao\n    devices: [{ family: nonin-serial, port: 'memory:x' }]\n";
const HUB_YAML = "zone: Asia/Shanghai\nhub: { name: Clinic }\nweb: { ownAuthority: true }\n";
/** Each command starts threads that open files; a busy machine takes seconds for each. */
const PATIENT_MS = 180_000;
const SECRET = Buffer.alloc(32, 7).toString("base64url");

const bench = (yaml = YAML): TestTerminal =>
  createTestTerminal({
    files: { "breathwatch.yaml": yaml },
    clock: createVirtualClock(wall(Date.UTC(2026, 1, 1))),
  });

async function command(terminal: TestTerminal, ...argv: string[]) {
  const own = createTestTerminal({ folder: terminal.folder, clock: terminal.clock });
  const code = await runCommandLine(argv, own);
  return { code, data: own.data(), words: own.words() };
}

const dataDirOf = (terminal: TestTerminal): string => path.join(terminal.folder, ".breathwatch");

let seed = 0;

/** Works on the data folder as a home would, and closes it. */
async function inside<Result>(
  terminal: TestTerminal,
  work: (folder: Awaited<ReturnType<typeof openDataFolder>>) => Promise<Result>,
): Promise<Result> {
  const { config, findings } = await findConfiguration(undefined, terminal, { zone: "UTC" });
  if (config === undefined) throw new Error(JSON.stringify(findings));
  const { clock } = terminal;
  const dataDir = dataDirOf(terminal);
  const lock = await lockDataDir(dataDir, clock);
  seed += 1;
  const random = createSeededRandom(seed);
  const folder = await openDataFolder({ config, dataDir, clock, random, log: silentLog });
  try {
    return await work(folder);
  } finally {
    await folder.close();
    await lock.release();
  }
}

const at = (text: string) => wall(Date.parse(`${text}+08:00`));
const batch = (rows: readonly StoredRow[], settings: Batch["settings"] = []): Batch => ({
  ...{ rows, settings },
  waves: [],
  events: [],
});
const row = (time: string, samples: StoredRow["samples"], simulated = false, bed = "b1"): StoredRow => ({
  ...{
    bed,
    device: "oxiserial7",
    epoch: "e",
    seq: Date.parse(time) / 1000,
    at: at(time),
    simulated,
    samples,
  },
});

/** Before the consent, after it, and a night with something simulated. */
const ROWS = [
  row("2026-01-10T22:00:00", { spo2: 91, minute_volume: 6 }),
  row("2026-01-13T22:00:00", { spo2: 97, pulse_rate: 61, minute_volume: 7.5 }),
  row("2026-01-13T22:00:01", { spo2: absent("no_pulse"), minute_volume: 7.6 }),
  row("2026-01-14T03:30:00", { spo2: 95 }),
  row("2026-01-15T22:00:00", { spo2: 88 }, true),
];
const given = { at: at("2026-01-12T15:00:00"), by: "liaaaaaaaa", name: "Li Na" };
const consent = { bed: "b1", group: "oxygen", given, text: { version: 1, language: "zh-Hans" } } as const;

async function studied(): Promise<TestTerminal> {
  const terminal = bench();
  await inside(terminal, async ({ stores, timeseries }) => {
    await stores.state.putPerson({ id: "liaaaaaaaa", name: "Li Na", role: "owner", language: "zh-Hans" });
    await timeseries.write(batch(ROWS));
    await stores.state.giveResearch([consent], SECRET);
  });
  return terminal;
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());

describe("breathwatch research", () => {
  test(
    "shows first, then exports consented signals of real nights since the consent, and not whose they are",
    async () => {
      const terminal = await studied();
      const preview = await command(terminal, "research", "preview", "--bed", "b1");
      const { code, data, words } = await command(
        terminal,
        "research",
        "export",
        "--bed",
        "b1",
        "--out",
        "study",
      );
      expect(code, words).toBe(0);
      const out = path.join(terminal.folder, "study");
      expect(readdirSync(out).toSorted()).toEqual(["SHA256SUMS", "metadata.json", "samples.csv"]);
      const lines = readFileSync(path.join(out, "samples.csv"), "utf8").trimEnd().split("\r\n");
      expect(lines[0]).toBe(
        "subject,time,spo2,spo2.absent,pulse_rate,pulse_rate.absent,perfusion_index,perfusion_index.absent,motion,motion.absent",
      );
      expect(lines.slice(1).map((line) => line.split(",").slice(2, 6))).toEqual([
        ["97", "", "61", ""],
        ["", "no_pulse", "", ""],
        ["95", "", "", ""],
      ]);
      const times = lines.slice(1).map((line) => line.split(",")[1] ?? "");
      expect(times.map((time) => time.slice(11))).toEqual(["22:00:00", "22:00:01", "03:30:00"]);
      // 2026-01-13 is a Tuesday, and so is what it became.
      expect(times.map((time) => new Date(`${time}Z`).getUTCDay())).toEqual([2, 2, 3]);

      // The preview is what then leaves, line by line.
      expect(preview.data).toBe(data);
      for (const line of lines) expect(preview.words).toContain(`  ${line}\n`);

      const everything = filesIn(out)
        .map((file) => readFileSync(file, "utf8"))
        .join("\n");
      const told = [
        "Li Na",
        "liaaaaaaaa",
        "Grandma",
        "Zhao",
        "oxiserial7",
        "b1",
        "Shanghai",
        "2026-0",
        "minute_volume",
      ];
      for (const each of [...told, SECRET]) expect(everything, each).not.toContain(each);

      const sums = readFileSync(path.join(out, "SHA256SUMS"), "utf8").trimEnd().split("\n");
      expect(sums.map((line) => line.split("  ")[1])).toEqual(["metadata.json", "samples.csv"]);
      for (const line of sums) {
        const [sum, name = ""] = line.split("  ");
        const bytes = readFileSync(path.join(out, name));
        expect(createHash("sha256").update(bytes).digest("hex")).toBe(sum);
      }
      const metadata = JSON.parse(readFileSync(path.join(out, "metadata.json"), "utf8"));
      expect(metadata).toMatchObject({
        ...{ rows: 3, nights: 1, simulatedNights: 1, signals: { spo2: 2, pulse_rate: 1 } },
        licence: expect.stringContaining("consented to"),
        dictionary: { spo2: { unit: "%", loinc: { code: "59408-5" } } },
      });

      // Taken back: nothing leaves any more.
      const fresh = Buffer.alloc(32, 9).toString("base64url");
      await inside(terminal, async ({ stores: { state } }) => {
        const home = JSON.parse((await state.value("home_id")) ?? '""');
        expect(home).toHaveLength(10);
        expect(everything).not.toContain(home);
        const actions = (await state.audits(10)).map(({ action }) => action);
        expect(actions).toEqual(["research.exported", "research.previewed"]);
        const end = { ...given, at: at("2026-01-20T09:00:00") };
        expect(await state.endResearch("b1", ["oxygen"], end, fresh)).toEqual(["oxygen"]);
        expect(await state.researchSecret("b1")).toBeUndefined();
      });
      const refused = await command(terminal, "research", "export", "--bed", "b1", "--out", "more");
      expect([refused.code, refused.words]).toEqual([
        1,
        expect.stringContaining("Nothing of bed b1 is given"),
      ]);
    },
    PATIENT_MS,
  );
});

/** One note of each kind that there is. */
const WRITTEN: { readonly [kind in NoteKind]: NoteBody } = {
  symptom: { kind: "symptom", symptom: "breathless", severity: 2 },
  alsfrs_r: { kind: "alsfrs_r", dyspnoea: 2, orthopnoea: 1, insufficiency: 3 },
  duty: { kind: "duty", person: "liaaaaaaaa", until: at("2026-01-14T09:00:00") },
  care: { kind: "care", act: "suction" },
  morning: {
    kind: "morning",
    night: nightOf(at("2026-01-14T07:00:00"), "Asia/Shanghai"),
    answers: { pain: 0 },
  },
};
const DUTY: DutyBook = {
  ...{ bed: "b1", version: 1, at: at("2026-01-12T15:00:00"), by: { id: "liaaaaaaaa", name: "Li Na" } },
  ...{ change: "rota", rota: [{ person: "liaaaaaaaa", weekday: 1, from: 1_260, to: 540 }], handovers: [] },
};

describe("breathwatch return and wipe", () => {
  test(
    "everything goes to the family in open formats, then nothing is left and a new home starts",
    async () => {
      const terminal = await studied();
      const dataDir = dataDirOf(terminal);
      const disk = createDisk(dataDir);
      const audit = await openAuditLog({ disk, clock: terminal.clock, log: silentLog, folder: "audit-b1" });
      await audit.append({
        ...{ kind: "command", at: at("2026-01-13T23:00:00"), trusted: true, limits: 0, revision: 1 },
        command: { kind: "care", id: "c1", act: "suction", by: { id: "liaaaaaaaa", name: "Li Na" } },
      });
      await audit.close();
      await inside(terminal, async ({ stores: { state } }) => {
        for (const [kind, body] of Object.entries(WRITTEN)) {
          const when = { at: at("2026-01-14T07:00:00"), writtenAt: at("2026-01-14T07:00:00") };
          const note = { id: kind, bed: "b1", ...when, by: { id: "liaaaaaaaa", name: "Li Na" }, body };
          expect(await state.addNote(note)).toBe(true);
        }
        await state.putDuty(DUTY, 0);
      });

      const spoken = Uint8Array.from({ length: 500 }, (_, i) => (i * 7) % 256);
      await disk.replace("voices/zh-hans/spo2_low.wav", spoken);
      linkSync(path.join(dataDir, "voices/zh-hans/spo2_low.wav"), path.join(terminal.folder, "same-voice"));

      const lock = await lockDataDir(dataDir, terminal.clock);
      for (const argv of [
        ["return", "--export", "ours"],
        ["wipe", "--confirm", "aaaaaaaaaa"],
      ]) {
        const { code, words } = await command(terminal, ...argv);
        expect([code, words]).toEqual([1, expect.stringContaining("is in use")]);
      }
      await lock.release();
      expect(readdirSync(terminal.folder)).not.toContain("ours");

      const returned = await command(terminal, "return", "--export", "ours");
      expect(returned.code, returned.words).toBe(0);
      const out = path.join(terminal.folder, "ours");
      const names = readdirSync(out);
      expect(names).toEqual(
        expect.arrayContaining([
          "samples-b1-2026-01-13.csv",
          "samples-b1-2026-01-15-SIMULATED.csv",
          ...["people.json", "limits-b1.json", "alarms-b1.csv", "audit-b1.csv", "record.json"],
        ]),
      );
      const read = (name: string): string => readFileSync(path.join(out, name), "utf8");
      const index = read("index.html");
      for (const title of ["Your nights", "您的夜晚"]) expect(index).toContain(title);
      for (const language of ["en", "zh-Hans", "zh-Hant"]) expect(index).toContain(`lang="${language}"`);
      for (const name of names.filter((each) => each !== "index.html"))
        expect(index).toContain(`href="${name}"`);
      expect(read("samples-b1-2026-01-13.csv")).toContain("2026-01-13T22:00:00+08:00,97,");
      expect(read("care-b1.csv")).toContain("care,suction,Li Na");
      expect(read("audit-b1.jsonl")).toContain('"suction"');
      for (const kind of NOTE_KINDS) {
        const [note] = JSON.parse(read(`notes-${kind}-b1.json`));
        expect(note).toMatchObject({ by: { name: "Li Na" }, body: WRITTEN[kind] });
      }
      expect(JSON.parse(read("duty-b1.json"))).toEqual(DUTY);
      expect(index).toContain("weekly rota");
      expect(read("people.json")).toContain("Li Na");
      expect(statSync(path.join(out, "people.json")).mode & 0o777).toBe(0o600);

      expect(new Uint8Array(readFileSync(path.join(out, "voice-zh-Hans-spo2_low.wav")))).toEqual(spoken);

      const before = filesIn(dataDir).length;
      const key = readFileSync(path.join(dataDir, "key"), "utf8");
      const wrong = await command(terminal, "wipe", "--confirm", "aaaaaaaaaa");
      expect([wrong.code, wrong.words]).toEqual([2, expect.stringContaining("nothing was erased")]);
      expect(filesIn(dataDir).length).toBe(before);

      // A second name of the key's bytes shows that they were overwritten before their name went.
      linkSync(path.join(dataDir, "key"), path.join(terminal.folder, "same-bytes"));
      symlinkSync(path.join(out, "people.json"), path.join(dataDir, "link-out"));
      const { home } = JSON.parse(returned.data);
      const wiped = await command(terminal, "wipe", "--confirm", home);
      expect(wiped.code, wiped.words).toBe(0);
      expect(wiped.words).toContain("Flash");
      expect(readdirSync(dataDir)).toEqual([]);
      // Nor is the family's own voice left in its place.
      for (const name of ["same-bytes", "same-voice"])
        expect(readFileSync(path.join(terminal.folder, name), "utf8")).toBe("");
      expect(read("people.json")).toContain("Li Na");
      await inside(terminal, async ({ stores: { state }, timeseries }) => {
        expect(await timeseries.beds()).toEqual([]);
        expect(await state.people()).toEqual([]);
        expect(JSON.parse((await state.value("home_id")) ?? '""')).not.toBe(home);
      });
      expect(readFileSync(path.join(dataDir, "key"), "utf8")).not.toBe(key);
    },
    PATIENT_MS,
  );
});

describe("breathwatch forget", () => {
  const HOME = "homeaaaaaa";
  const OTHER = "homebbbbbb";
  const PHONE = "https://push.example/phone-of-mei";
  const MARKER = "MARKER-VALUE-4711";

  async function clinic(yaml = HUB_YAML): Promise<TestTerminal> {
    const terminal = bench(yaml);
    await inside(terminal, async ({ stores, timeseries }) => {
      const { accounts, homes, registry } = stores;
      for (const [home, name] of [
        [HOME, "Zhao Mei"],
        [OTHER, "Wu Gang"],
      ] as const) {
        const id = `p${home.slice(4)}aaa`;
        const person = { id, name, role: "owner", language: "en" } as const;
        await accounts.putAccount(person);
        await accounts.putRole(id, home, "owner");
        await homes.of(home).putPerson(person);
        await homes.of(home).putTarget({
          ...{
            id: `t${home.slice(4)}aaa`,
            person: id,
            channel: "web-push",
            label: `Phone of ${name}`,
            addedAt: wall(1),
          },
          settings: { endpoint: home === HOME ? PHONE : "https://push.example/other" },
        });
        const code = {
          codeHash: createHash("sha256").update(home).digest("hex"),
          label: `Home of ${name}`,
          madeBy: id,
        };
        await registry.addClaimCode({ ...code, madeAt: wall(1), expiresAt: wall(1e13) });
        const made = {
          home,
          box: `box${home.slice(4)}a`,
          brokerPassword: "p",
          pairingKey: new Uint8Array(32),
        };
        await registry.claim({ codeHash: code.codeHash, publicKey: `key-${home}`, made }, wall(2));
        const mode = home === HOME ? MARKER : "other";
        const base = { bed: `${home}~b1`, device: "d", epoch: "e", seq: 1, at: at("2026-01-13T22:00:00") };
        await timeseries.write(
          batch(
            [row("2026-01-13T22:00:00", { spo2: 97 }, false, `${home}~b1`)],
            [{ ...base, simulated: false, settings: { mode } }],
          ),
        );
      }
      // A bed whose numbers grew too old long ago: its alarms are for good.
      const [bed, raisedAt] = [`${HOME}~b2`, at("2026-01-13T22:00:00")];
      const occurrence: Occurrence = {
        id: "b2-abc-1",
        bed,
        condition: "SPO2_LOW",
        priority: "high",
        state: "holds",
        raisedAt,
        values: { spo2: 81 },
        simulated: false,
        drill: false,
      };
      const event = { kind: "ended", at: raisedAt, occurrence } as const;
      await timeseries.write({ ...batch([]), events: [{ bed, key: "e-1", event }] });
      await homes.of(HOME).setValue("bed b2", "{}");
      const mei = await accounts.account("paaaaaaaaa");
      expect(mei?.name).toBe("Zhao Mei");
    });
    return terminal;
  }

  test(
    "leaves nothing of the home in any file, and everything of the others",
    async () => {
      const terminal = await clinic();
      expect((await command(terminal, "forget", "--home", HOME, "--confirm", OTHER)).code).toBe(2);
      const unknown = await command(terminal, "forget", "--home", "homecccccc", "--confirm", "homecccccc");
      expect([unknown.code, unknown.words]).toEqual([1, expect.stringContaining("no such home")]);
      const holds = (told: string): boolean =>
        filesIn(dataDirOf(terminal)).some((file) => readFileSync(file).includes(told));
      // What is not sealed is there before, so that its absence afterwards means something.
      expect([holds(HOME), holds("paaaaaaaaa")]).toEqual([true, true]);
      const { code, words } = await command(terminal, "forget", "--home", HOME, "--confirm", HOME);
      expect(code, words).toBe(0);
      expect(words).toContain("What remains");
      await inside(terminal, async ({ stores, timeseries }) => {
        expect((await timeseries.beds()).map(({ bed }) => bed)).toEqual([`${OTHER}~b1`]);
        expect((await stores.registry.homes()).map(({ id }) => id)).toEqual([OTHER]);
        expect(await stores.registry.boxes(HOME)).toEqual([]);
        expect(await stores.accounts.account("paaaaaaaaa")).toBeUndefined();
        expect((await stores.accounts.account("pbbbbbbaaa"))?.name).toBe("Wu Gang");
        expect((await stores.homes.of(OTHER).targets())[0]?.settings).toEqual({
          endpoint: "https://push.example/other",
        });
        const [line] = await stores.state.audits(1);
        expect(line).toMatchObject({ action: "home.forgotten", detail: "2 beds" });
      });
      for (const file of filesIn(dataDirOf(terminal))) {
        const bytes = readFileSync(file).toString("latin1");
        for (const told of ["Zhao", PHONE, MARKER, "paaaaaaaaa", HOME]) {
          expect(bytes.includes(told), `${told} in ${file}`).toBe(false);
        }
      }
      expect(readdirSync(path.join(dataDirOf(terminal), "homes"))).toEqual([OTHER]);
    },
    PATIENT_MS,
  );

  test(
    "with a broker outside, leaves whom the hub has to put out there once it runs",
    async () => {
      const terminal = await clinic(`${HUB_YAML}bus: { url: "mqtt://127.0.0.1:1" }\n`);
      const { code, words } = await command(terminal, "forget", "--home", HOME, "--confirm", HOME);
      expect([code, words]).toEqual([
        0,
        expect.stringContaining("its box's user goes when the hub runs again"),
      ]);
      await inside(terminal, async ({ stores }) => {
        expect(await readUsersOut(stores.state)).toEqual([`${HOME}.boxaaaaaaa`]);
        expect((await stores.registry.homes()).map(({ id }) => id)).toEqual([OTHER]);
      });
    },
    PATIENT_MS,
  );
});
