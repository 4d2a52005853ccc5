import { createAuditTrail } from "./alarm/audit.ts";
import type { JournalEntry } from "./alarm/journal.ts";
import { resolveLimits } from "./alarm/limits.ts";
import { type AlarmRunner, createAlarmRunner, readJournalEntry } from "./alarm/runner.ts";
import type { EdgeAbout } from "./bus/bed-schemas.ts";
import { type CheckBody, type CommandAnswer, createCommandDesk } from "./bus/commands.ts";
import { createSettingsReceiver } from "./bus/settings-receiver.ts";
import { createUplink, lastWill, type Uplink } from "./bus/uplink.ts";
import type { HomeIdentity } from "./config/identity.ts";
import type { Actor, AlarmCommand, AlarmEvent, AlarmFold } from "./domain/alarm.ts";
import { messageOf } from "./domain/fault.ts";
import { base32Id, type DeviceId } from "./domain/ids.ts";
import type { Observation, ObservationBody } from "./domain/observation.ts";
import { type Supervisor, supervise } from "./driver/supervise.ts";
import type { EdgeOptions } from "./edge.ts";
import { createBedLook, readingOf, toldFacts } from "./edge-look.ts";
import { type BedPlan, transcriptHead, viewOf } from "./edge-plan.ts";
import type { Bus, BusOptions } from "./port/bus.ts";
import type { FlightRecorder } from "./port/flight.ts";
import type { World } from "./port/world.ts";
import { type BedRecords, openBedRecords } from "./record/bed-records.ts";
import { createFlightRecorder } from "./record/flight.ts";
import type { KnownRecords } from "./record/known.ts";
import { openSpool } from "./record/spool.ts";
import type { DeviceView } from "./server/contract/technician.ts";
import type { LiveModel } from "./server/live-model.ts";
import { writeTranscriptChunk } from "./wire/transcript.ts";

/** What a bed shares with the rest of the bedside. */
export interface BedSurroundings {
  readonly world: World;
  readonly identity: HomeIdentity;
  /** Random per start. */
  readonly epoch: string;
  /** The bed's way to the hub; whoever made it closes it. */
  readonly connect: (will: NonNullable<BusOptions["will"]>) => Bus;
  readonly known: KnownRecords;
  readonly live: LiveModel;
  /** What the box shares with the hub that leads it; absent: nobody commands it over the bus. */
  readonly hub?: NonNullable<EdgeOptions["hub"]>;
  /** A command that came from the hub, to the bed's engine. May throw. */
  readonly obey: (command: AlarmCommand) => Promise<CommandAnswer>;
  /** What somebody at the hub asks about the evening check of the home. */
  readonly check: (body: CheckBody, by: Actor) => Promise<CommandAnswer>;
  /** The newest alarms, in the turn in which they were decided; the bus comes after it. Must not throw. */
  readonly onFold: (fold: AlarmFold) => void;
  readonly onEvent: (event: AlarmEvent) => void;
  /** A part of the bed's records is not written in time, or is again. */
  readonly onDurability: (part: string, durable: boolean, detail: string) => void;
}

/** One bed at work: its devices, its engine, its records, its way to the hub. */
export interface ComposedBed {
  readonly plan: BedPlan;
  readonly runner: AlarmRunner;
  readonly records: BedRecords<JournalEntry>;
  readonly uplink: Uplink;
  devices(): readonly DeviceView[];
  /** Every device is simulated: so is whatever is wrong with calling people for it. False without any device. */
  readonly isMadeUp: boolean;
  /** The reader of a device; undefined for one of another bed. */
  supervisor(device: DeviceId): Supervisor | undefined;
  flight(device: DeviceId): FlightRecorder | undefined;
  /** Tells the hub which webhooks this box calls from now on. */
  setWebhooks(webhooks: HomeIdentity["webhooks"]): void;
  /** What else than its own records was found damaged, in words. */
  start(damage: { readonly outbox: readonly string[]; readonly state?: string }): void;
  /** The file of people and settings was found damaged, in words: an alarm until somebody has answered. */
  stateDamaged(damage: string): void;
  close(): Promise<void>;
}

/** Opens a bed's records and puts its parts together; nothing runs before start(). */
export async function composeBed(plan: BedPlan, surroundings: BedSurroundings): Promise<ComposedBed> {
  const { world, identity, epoch, known, live, onDurability } = surroundings;
  const { clock, random, log, disk } = world;
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
  const about = { home: identity.home, bed, epoch, simulated, about: aboutOf(plan, identity.webhooks) };
  const connection = surroundings.connect(lastWill({ ...about, at: clock.wall() }));
  const { hub } = surroundings;
  const signing =
    hub === undefined
      ? {}
      : { pairingKey: hub.pairingKey, ...(hub.signs === undefined ? {} : { hubSigns: hub.signs }) };
  const uplink = createUplink({
    ...{ ...about, ...signing, bus: connection, spool, clock, random, log },
    devices: toldFacts(plan.devices),
    reading(device) {
      const reader = readerOf(device);
      return reader && readingOf(viewOf(reader.device, reader.supervisor, reader.flight));
    },
  });
  const led = hub === undefined ? undefined : { pairingKey: hub.pairingKey, home: identity.home, bed };
  const look =
    led === undefined
      ? undefined
      : createBedLook({
          ...{ ...led, world, bus: connection, epoch, audit },
          frames: (device) => readerOf(device)?.supervisor.frames(),
          flight: (device) => readerOf(device)?.flight,
        });
  const desk =
    led === undefined
      ? undefined
      : createCommandDesk({
          ...{ ...led, bus: connection, clock, log, edgeEpoch: epoch },
          ...{ act: surroundings.obey, check: surroundings.check },
          ...(look === undefined ? {} : { look: look.look }),
        });
  const name = `settings ${bed}`;
  const receiver =
    hub === undefined || led === undefined
      ? undefined
      : createSettingsReceiver({
          ...{ ...led, bus: connection, log },
          load: async () => world.state.value(name),
          save: (text) => world.state.setValue(name, text),
          apply: hub.applySettings,
          onPutOut: hub.onPutOut,
          report(report) {
            uplink.settings(report);
            live.refusedSettings(bed, report.refused?.reason);
          },
        });
  const runner = createAlarmRunner({
    setup: { profile, limits: resolveLimits({}, profile.dependencyClass), journal: journal.id },
    journal,
    clock,
    log,
    // What sounds, calls and shows comes first; then what goes on the bus.
    onFold(fold) {
      surroundings.onFold(fold);
      uplink.alarmFold(fold);
    },
    onEvent(event) {
      surroundings.onEvent(event);
      uplink.alarmEvent(event);
    },
    onDurability: (durable, detail) => onDurability(`journal ${bed}`, durable, detail),
    onWritten: createAuditTrail(audit, (durable, detail) => onDurability(`audit ${bed}`, durable, detail)),
  });

  const observe = (device: BedPlan["devices"][number], observation: Observation): void => {
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
  };

  const read = (device: BedPlan["devices"][number]) => {
    const flight = createFlightRecorder({
      ...{ disk, clock, log, folder: `flight/${device.id}` },
      head: transcriptHead(device),
      line: writeTranscriptChunk,
    });
    const serialNumber = identity.serial(device.id);
    const supervisor: Supervisor = supervise({
      ...{ flight, bed, epoch, clock, random, log, links: world.links, zone: profile.zone },
      module: device.module,
      device: device.id,
      address: device.config.port,
      options: device.options,
      ...(serialNumber === undefined ? {} : { serialNumber }),
      onSerial(serial) {
        // The engine first: what is bound is no swap any more, whether or not it could be written down.
        runner.updateSource(device.id, { serial });
        identity
          .bindSerial(device.id, serial)
          .catch((error: unknown) => log.note("serial.unbound", { why: messageOf(error) }, "warn"));
      },
      onObservation: (observation) => observe(device, observation),
      onChange() {
        const view = supervisor.view();
        runner.updateSource(device.id, { simulated: view.simulated });
        live.link(device.id, view);
        const { link, problem, simulated: isSimulated } = view;
        uplink.link({
          ...{ device: device.id, link, simulated: isSimulated },
          ...(problem === undefined ? {} : { problem }),
        });
      },
    });
    return { device, supervisor, flight };
  };
  const readers = plan.devices.map(read);
  const readerOf = (id: DeviceId) => readers.find(({ device }) => device.id === id);

  /** Nothing starts silently fresh: records that are not as they were left are an alarm, which a person ends. */
  const tellDamage = (
    what: string,
    detail: string,
    condition: "JOURNAL_DAMAGED" | "STATE_DAMAGED" = "JOURNAL_DAMAGED",
  ): void => {
    const id = `self-${bed}-${base32Id(random.bytes(10))}`;
    runner.command({
      kind: "self_fault",
      id,
      condition,
      about: what,
      active: true,
      detail,
    });
  };

  return {
    ...{ plan, runner, records, uplink },
    devices: () => readers.map(({ device, supervisor, flight }) => viewOf(device, supervisor, flight)),
    get isMadeUp() {
      return readers.length > 0 && readers.every(({ supervisor }) => supervisor.view().simulated);
    },
    supervisor: (device) => readerOf(device)?.supervisor,
    flight: (device) => readerOf(device)?.flight,
    setWebhooks: (webhooks) => uplink.about(aboutOf(plan, webhooks)),
    start({ outbox, state }) {
      runner.start();
      records.start(outbox, tellDamage);
      if (state !== undefined) tellDamage("state", state, "STATE_DAMAGED");
      uplink.start();
      desk?.start();
      receiver
        ?.start()
        .catch((error: unknown) => log.note("settings.unread", { bed, why: messageOf(error) }, "error"));
      for (const { supervisor } of readers) supervisor.start();
    },
    stateDamaged: (damage) => tellDamage("state", damage, "STATE_DAMAGED"),
    async close() {
      await Promise.all(readers.map(({ supervisor }) => supervisor.stop()));
      runner.stop();
      desk?.stop();
      look?.stop();
      await receiver?.stop();
      await uplink.stop();
      // A disk that fails must not keep the next one from closing.
      await Promise.allSettled([spool.close(), records.close()]);
    },
  };
}

/** What a hub shows of the bed before its first number. */
const aboutOf = ({ profile, shown }: BedPlan, webhooks: HomeIdentity["webhooks"]): EdgeAbout => ({
  ...{ label: shown.label, zone: profile.zone, dependencyClass: profile.dependencyClass },
  schedule: profile.schedule,
  devices: shown.sources,
  ...(webhooks.length > 0 && {
    webhooks: webhooks.map(({ id, label, language }) => ({ id, label, language })),
  }),
});

/** What a call switch says when it is pressed. */
const isCall = (body: ObservationBody): boolean => body.kind === "status" && body.codes.includes("call");
