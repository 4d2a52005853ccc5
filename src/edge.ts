import { DEVICES } from "../devices/index.ts";
import { answersOf } from "./alarm/answers.ts";
import { createAuditTrail } from "./alarm/audit.ts";
import type { JournalEntry } from "./alarm/journal.ts";
import { resolveLimits } from "./alarm/limits.ts";
import { type Refused, refusedOf } from "./alarm/refusals.ts";
import { type AlarmRunner, createAlarmRunner, readJournalEntry } from "./alarm/runner.ts";
import { createUplink, lastWill, type Uplink } from "./bus/uplink.ts";
import type { BedConfig, DeviceConfig, HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import type { AlarmCommand, AlarmEvent, CauseId, ConditionId } from "./domain/alarm.ts";
import type { ExpectedSource } from "./domain/bed.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import { type BedId, base32Id, type DeviceId } from "./domain/ids.ts";
import type { ObservationBody } from "./domain/observation.ts";
import type { Language } from "./domain/person.ts";
import { SECOND_MS, type Wall } from "./domain/time.ts";
import type { DeviceModule, OptionValues } from "./driver/contract.ts";
import { createFamilies, type Families } from "./driver/families.ts";
import { fillOptions } from "./driver/options.ts";
import { type Supervisor, supervise } from "./driver/supervise.ts";
import { createSounder } from "./notify/sounder/sounder.ts";
import { createSpeechBank } from "./notify/sounder/speech-bank.ts";
import { createWebPush } from "./notify/web-push/web-push.ts";
import { createWebhook } from "./notify/webhook/webhook.ts";
import type { FlightRecorder } from "./port/flight.ts";
import type { AuditFormat } from "./port/record.ts";
import type { World } from "./port/world.ts";
import { type BedRecords, openBedRecords, openKnownLog } from "./record/bed-records.ts";
import { createFlightRecorder } from "./record/flight.ts";
import { openKnownRecords } from "./record/known.ts";
import { openSpool } from "./record/spool.ts";
import type { DeviceView, FrameLine } from "./server/contract/technician.ts";
import { createLiveModel, type LiveModel } from "./server/live-model.ts";
import { decodeOutboxEntry } from "./watch/outbox.ts";
import { createTargetBook, type TargetBook } from "./watch/target-book.ts";
import { createWatch } from "./watch/watch.ts";
import { writeTranscriptChunk, writeTranscriptHeader } from "./wire/transcript.ts";

/** The bedside: reads devices, decides alarms, sounds, calls phones, sends everything on. */
export interface Edge {
  /** The picture that pages show, from memory. */
  readonly live: LiveModel;
  readonly targets: TargetBook;
  /** Hands a command to a bed's engine. Throws NOT_FOUND for a bed that is not here. */
  command(bed: BedId, command: AlarmCommand): { readonly accepted: true } | Refused;
  devices(): readonly DeviceView[];
  /** The newest frames of a device, explained now; undefined for one that is not here. */
  frames(device: DeviceId): readonly FrameLine[] | undefined;
  /** The device that is there belongs to the bed from now on: its serial number; undefined where it told none. */
  bindSerial(device: DeviceId): string | undefined;
  /**
   * What went over a device's link in [from, to), of the last 48 h, as a transcript. Rejects with NOT_FOUND for a
   * device that is not here.
   */
  recording(device: DeviceId, from: Wall, to: Wall): Promise<string>;
  /** The audit record of a bed, [from, to), as text in pieces. Throws NOT_FOUND for a bed that is not here. */
  auditRecord(bed: BedId, format: AuditFormat, from: Wall, to: Wall): AsyncIterable<string>;
  /** What alarms speak, as a WAV file for pages; undefined where this machine has no voice. */
  speech(key: CauseId | ConditionId, language: Language): Promise<Uint8Array | undefined>;
  /** Alarm events as they happen, synchronously; the returned function stops it. Listeners must not throw. */
  onEvent(listener: (event: AlarmEvent) => void): () => void;
  /** From here on it watches. */
  start(): void;
  stop(): Promise<void>;
}

/** In the state, so that a data folder without any record is known not to be new. */
const RECORDS_BEGUN = "records_begun";
/** A disk that does not answer for longer than this is an alarm. */
const DISK_GRACE_MS = 10 * SECOND_MS;

/** Composes the bedside. Resolves when journals and spools are open; nothing runs before start(). */
export async function composeEdge(
  world: World,
  config: HomeConfig,
  identity: HomeIdentity,
  bus: { readonly url: string; readonly username?: string; readonly password?: string },
  families: Families = createFamilies(DEVICES),
): Promise<Edge> {
  const { clock, random, log, disk, audio, http, state } = world;
  const epoch = base32Id(random.bytes(10));
  const listeners = new Set<(event: AlarmEvent) => void>();
  const flights = new Map<DeviceId, FlightRecorder>();
  const plans = config.beds.map((bed) => planBed(bed, config.zone, identity, families));
  const live = createLiveModel({ clock, log, beds: plans.map(({ shown }) => shown) });

  const showReadiness = (): void =>
    live.readiness({
      sounder: { ...sounder.readiness, ...(speech.remark === undefined ? {} : { remark: speech.remark }) },
      durable: failing.size === 0,
      targets: targets.list().map(({ id, label, personName, channel, lastProofAt, deadWhy }) => ({
        id,
        label,
        person: personName,
        channel,
        ...(lastProofAt === undefined ? {} : { provenAgeMs: Math.max(0, clock.wall() - lastProofAt) }),
        ...(deadWhy === undefined ? {} : { dead: deadWhy }),
      })),
    });
  const speech = createSpeechBank({
    ...{ speech: world.speech, clock, log, language: config.language },
    onChange: showReadiness,
  });
  const sounder = createSounder({ audio, clock, log, speech, onReadiness: showReadiness });
  const targets = createTargetBook({
    state,
    clock,
    log,
    configured: identity.webhooks,
    language: config.language,
    onChange: showReadiness,
  });

  // Law 4: what cannot be written down in time goes out all the same, marked; a disk that stays so is an alarm of its
  // own. Cards and old disks pause for a second now and then: that alone wakes nobody.
  const failing = new Map<string, string>();
  let cancelGrace: (() => void) | undefined;
  let raised = false;
  const report = (active: boolean): void => {
    raised = active;
    const detail = [...failing].map(([part, why]) => `${part}: ${why}`).join("; ");
    for (const { plan, runner } of beds) {
      const id = `self-${plan.profile.bed}-${base32Id(random.bytes(10))}`;
      runner.command({ kind: "self_fault", id, condition: "DB_WRITE_FAIL", active, detail });
    }
  };
  const onDurability = (part: string, durable: boolean, detail: string): void => {
    if (durable) failing.delete(part);
    else failing.set(part, detail);
    showReadiness();
    if (failing.size > 0) {
      cancelGrace ??= clock.after(DISK_GRACE_MS, () => report(true));
      return;
    }
    cancelGrace?.();
    cancelGrace = undefined;
    if (raised) report(false);
  };

  const known = await openKnownRecords({
    ...{ disk, clock, log },
    begun: (await state.value(RECORDS_BEGUN)) !== undefined,
    onSaved: () => {
      state
        .setValue(RECORDS_BEGUN, "true")
        .catch((error: unknown) => log.note("records.unmarked", { why: messageOf(error) }, "warn"));
    },
  });
  const { log: outbox, damage: outboxDamage } = await openKnownLog({
    ...{ disk, clock, random, log, known },
    path: "outbox.log",
    decode: decodeOutboxEntry,
    mayBeEmpty: true,
  });
  const watch = createWatch({
    clock,
    random,
    log,
    home: identity.home,
    ackKey: identity.ackKey,
    links: identity.links,
    zone: () => config.zone,
    outbox,
    channels: [
      createWebPush({ http, clock, keys: identity.vapid, ...config.webPush }),
      createWebhook({ http, clock }),
    ],
    targets: () => targets.list(),
    onAcknowledge: (bed, command, target) => {
      targets.prove(target);
      edge.command(bed, command);
    },
    onTargetGone: (target, why) => targets.kill(target.id, why),
    isSimulated: (bed) => live.simulated(bed),
    onDurability: (durable, detail) => onDurability("outbox", durable, detail),
  });

  const beds = await Promise.all(plans.map((plan) => composeBed(plan)));

  async function composeBed(plan: BedPlan): Promise<ComposedBed> {
    const { profile } = plan;
    const { bed } = profile;
    const simulated = profile.sources.some((source) => source.simulated);
    const records = await openBedRecords({
      ...{ disk, clock, random, log, known, bed },
      decode: readJournalEntry,
      revisionOf: ({ core }) => core.revision,
    });
    const { journal, audit } = records;
    const spool = await openSpool({ disk, clock, random, log, folder: `spool-${bed}` });
    const about = { home: identity.home, bed, epoch, simulated };
    const connection = world.bus.connect({
      ...bus,
      clientId: `edge-${identity.home}-${bed}-${epoch}`,
      will: lastWill({ ...about, at: clock.wall() }),
    });
    const uplink = createUplink({ ...about, bus: connection, spool, clock, random, log });
    const runner = createAlarmRunner({
      setup: { profile, limits: resolveLimits({}, profile.dependencyClass), journal: journal.id },
      journal,
      clock,
      log,
      // In this order: what sounds in the house, what calls phones, what pages show, what goes on the bus.
      onFold: (fold) => {
        sounder.update(fold);
        watch.onFold(fold);
        live.alarms(fold);
        uplink.alarmFold(fold);
      },
      onEvent: (event) => {
        for (const listener of listeners) listener(event);
        uplink.alarmEvent(event);
      },
      onDurability: (durable, detail) => onDurability(`journal ${bed}`, durable, detail),
      onWritten: createAuditTrail(audit, (durable, detail) => onDurability(`audit ${bed}`, durable, detail)),
    });
    const supervisors = plan.devices.map((device): Supervisor => {
      const flight = createFlightRecorder({
        ...{ disk: world.disk, clock, log, folder: `flight/${device.id}` },
        head: transcriptHead(device),
        line: writeTranscriptChunk,
      });
      flights.set(device.id, flight);
      const supervisor = supervise({
        flight,
        module: device.module,
        device: device.id,
        bed,
        zone: plan.profile.zone,
        epoch,
        address: device.config.port,
        options: device.options,
        ...serialOf(device.id),
        // Not bound: it is tried again with the next start.
        onSerial: (serial) =>
          void identity
            .bindSerial(device.id, serial)
            .catch((error: unknown) => log.note("serial.unbound", { why: messageOf(error) }, "warn")),
        links: world.links,
        clock,
        random,
        log,
        onObservation: (observation) => {
          runner.observe(observation);
          if (device.module.role === "call" && isCall(observation.body)) {
            const call = { how: "switch", kind: "come" } as const;
            runner.command({
              kind: "call",
              id: `${device.id}-${epoch}-${observation.seq}`,
              call,
              device: device.id,
            });
          }
          live.observe(observation);
          uplink.observe(observation);
        },
        onChange: () => {
          const view = supervisor.view();
          runner.markSimulated(device.id, view.simulated);
          live.link(device.id, view);
        },
      });
      return supervisor;
    });
    return {
      plan,
      runner,
      records,
      uplink,
      supervisors,
      async close() {
        await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
        runner.stop();
        await uplink.stop();
        await connection.close();
        // A disk that fails must not keep the next one from closing.
        await Promise.allSettled([spool.close(), records.close()]);
      },
    };
  }

  function serialOf(device: DeviceId): { readonly serialNumber?: string } {
    const serialNumber = identity.serial(device);
    return serialNumber === undefined ? {} : { serialNumber };
  }

  /** Nothing starts silently fresh: records that are not as they were left are an alarm, which a person ends. */
  function tellDamage({ plan, runner }: ComposedBed, about: string, detail: string): void {
    const id = `self-${plan.profile.bed}-${base32Id(random.bytes(10))}`;
    runner.command({ kind: "self_fault", id, condition: "JOURNAL_DAMAGED", about, active: true, detail });
  }

  const edge: Edge = {
    live,
    targets,
    command(bed, command) {
      const found = beds.find(({ plan }) => plan.profile.bed === bed);
      if (found === undefined) throw new Fault("NOT_FOUND", `There is no bed ${bed} here.`);
      const refused = found.runner.command(command);
      if (refused === undefined) return { accepted: true };
      if (refused !== "repeated") return refusedOf(refused, command.kind);
      const over = refusedOf("not_open", command.kind);
      // A repeat: what a phone with a bad connection sends. For an acknowledgement that has lapsed since it is somebody
      // who taps on the old message again, and "taken" must then be true.
      if (command.kind !== "acknowledge") return { accepted: true };
      const open = found.runner.fold().open.find(({ id }) => id === command.occurrence);
      if (open === undefined) return over;
      if (open.acknowledgement !== undefined) return { accepted: true };
      const again = found.runner.command({ ...command, id: `${command.id}-${base32Id(random.bytes(10))}` });
      return again === undefined ? { accepted: true } : over;
    },
    devices: () =>
      beds.flatMap(({ plan, supervisors }) =>
        plan.devices.flatMap((planned, index) => {
          const supervisor = supervisors[index];
          return supervisor === undefined ? [] : [viewOf(planned, supervisor, flights.get(planned.id))];
        }),
      ),
    frames: (device) =>
      beds
        .flatMap(({ supervisors }) => supervisors)
        .find((supervisor) => supervisor.view().device === device)
        ?.frames(),
    bindSerial: (device) =>
      beds
        .flatMap(({ supervisors }) => supervisors)
        .find((supervisor) => supervisor.view().device === device)
        ?.bindFound(),
    async recording(device, from, to) {
      const flight = flights.get(device);
      if (flight === undefined) throw new Fault("NOT_FOUND", `There is no device ${device} here.`);
      return flight.between(from, to);
    },
    auditRecord(bed, format, from, to) {
      const found = beds.find(({ plan }) => plan.profile.bed === bed);
      if (found === undefined) throw new Fault("NOT_FOUND", `There is no bed ${bed} here.`);
      return found.records.audit.text(format, from, to);
    },
    speech: (key, language) => speech.wav(key, language),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      sounder.start();
      speech.start();
      known.start();
      for (const bed of beds) {
        const { runner, records, uplink, supervisors } = bed;
        runner.start();
        records.start(outboxDamage, (about, detail) => tellDamage(bed, about, detail));
        uplink.start();
        for (const supervisor of supervisors) supervisor.start();
      }
    },
    async stop() {
      cancelGrace?.();
      await Promise.all(beds.map((bed) => bed.close()));
      watch.stop();
      sounder.stop();
      speech.stop();
      await outbox
        .close()
        .catch((error: unknown) => log.note("outbox.unclosed", { why: String(error) }, "warn"));
      await known.close();
    },
  };
  await targets.refresh();
  return edge;
}

interface ComposedBed {
  readonly plan: BedPlan;
  readonly runner: AlarmRunner;
  readonly records: BedRecords<JournalEntry>;
  readonly uplink: Uplink;
  readonly supervisors: readonly Supervisor[];
  close(): Promise<void>;
}

/** A bed of the configuration with its devices looked up and named. */
interface BedPlan {
  readonly profile: Parameters<typeof createAlarmRunner>[0]["setup"]["profile"];
  readonly shown: Parameters<typeof createLiveModel>[0]["beds"][number];
  readonly devices: readonly {
    readonly id: DeviceId;
    readonly config: DeviceConfig;
    readonly module: DeviceModule;
    readonly options: OptionValues;
  }[];
}

/** Lines before what the flight recorder keeps of a device. */
const transcriptHead = ({ module, config, options }: BedPlan["devices"][number]): string =>
  writeTranscriptHeader({
    device: module.id,
    simulated: /^(memory|replay):/.test(config.port),
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)])),
  })
    .trimEnd()
    .concat("\n");

/** A device as the technician's page shows it. */
function viewOf(
  { config, module, options }: BedPlan["devices"][number],
  supervisor: Supervisor,
  flight: FlightRecorder | undefined,
): DeviceView {
  const { connection, averaging, evidence: evidenceText, night } = module.facts;
  return {
    ...supervisor.view(),
    label: config.label,
    role: module.role,
    signals: module.signals(options),
    options,
    quietMs: module.quietMs(options),
    recorded: flight?.kept() ?? { bytes: 0 },
    facts: {
      ...{ vendor: module.vendor, model: module.model, connection, evidence: module.evidence },
      ...{ evidenceText, night },
      ...(averaging === undefined ? {} : { averaging }),
    },
  };
}

/** What a call switch says when it is pressed. */
const isCall = (body: ObservationBody): boolean => body.kind === "status" && body.codes.includes("call");

function planBed(bed: BedConfig, zone: string, identity: HomeIdentity, families: Families): BedPlan {
  const devices = bed.devices.map((config) => {
    const module = families.find(config.family);
    if (module === undefined) {
      throw new Fault("CONFIG_UNKNOWN_DEVICE", `There is no device family "${config.family}".`, {
        fix: 'List the families with "breathwatch devices".',
        permanent: true,
      });
    }
    const options = fillOptions(module.options, config.options);
    return { id: identity.device(bed.id, config.port), config, module, options };
  });
  const sources = devices.map(
    ({ id, config, module, options }): ExpectedSource => ({
      device: id,
      role: module.role,
      signals: module.signals(options),
      simulated: /^(memory|replay):/.test(config.port),
      ...(module.timeliness === "delayed" ? { delayed: true } : {}),
    }),
  );
  // What is read the morning after is not waited for at night.
  const awaited = sources.filter((_, index) => devices[index]?.module.timeliness !== "late");
  return {
    devices,
    profile: {
      bed: bed.id,
      zone,
      dependencyClass: bed.dependencyClass,
      schedule: bed.schedule,
      sources: awaited,
    },
    shown: {
      bed: bed.id,
      label: bed.label,
      zone,
      answers: answersOf(bed.dependencyClass),
      sources: devices.map(({ id, config, module }, index) => ({
        device: id,
        family: module.id,
        label: config.label,
        role: module.role,
        simulated: sources[index]?.simulated ?? false,
      })),
    },
  };
}
