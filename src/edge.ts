import { DEVICES } from "../devices/index.ts";
import { type Refused, refusedOf, repeatOf } from "./alarm/refusals.ts";
import type { PutOutMessage } from "./bus/messages.ts";
import type { SettingsBody } from "./bus/settings.ts";
import type { UplinkStatus } from "./bus/uplink.ts";
import type { HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import { endingOf } from "./crypt/certificate.ts";
import type { AlarmCommand, AlarmEvent, CauseId, ConditionId } from "./domain/alarm.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import { type BedId, base32Id, type DeviceId } from "./domain/ids.ts";
import type { Language } from "./domain/person.ts";
import type { Wall } from "./domain/time.ts";
import { createFamilies, type Families } from "./driver/families.ts";
import { createChecksFromAfar, toldEvening } from "./edge-afar.ts";
import { type Answers, createAnswers } from "./edge-answers.ts";
import { endForbiddenPauses } from "./edge-backstops.ts";
import { type ComposedBed, composeBed } from "./edge-bed.ts";
import { createEdgeChannels, type EdgeChannels } from "./edge-channels.ts";
import { createEdgeDeadMen, type EdgeDeadMen } from "./edge-deadman.ts";
import { createEvening, type Evening } from "./edge-evening.ts";
import { composeHouse } from "./edge-house.ts";
import { createLostCalls } from "./edge-lost.ts";
import { createNights, type Nights } from "./edge-nights.ts";
import { planBed } from "./edge-plan.ts";
import { createPulse } from "./ops/pulse.ts";
import type { Bus, BusOptions } from "./port/bus.ts";
import type { ChannelReady } from "./port/channel.ts";
import type { AuditFormat } from "./port/record.ts";
import type { Voices } from "./port/voices.ts";
import type { World } from "./port/world.ts";
import { openKnownLog } from "./record/bed-records.ts";
import { openKnownRecords } from "./record/known.ts";
import type { DeviceView, FrameLine } from "./server/contract/technician.ts";
import type { WakeReadiness } from "./server/contract.ts";
import { createLiveModel, type LiveModel } from "./server/live-model.ts";
import { createDurability } from "./watch/durability.ts";
import { decodeOutboxEntry } from "./watch/outbox.ts";
import { createReach } from "./watch/reach.ts";
import { createSelfWatch } from "./watch/self-watch.ts";
import { createShownBook, shownView } from "./watch/shown.ts";
import { type BookedTarget, createTargetBook, type TargetBook } from "./watch/target-book.ts";
import { createWatch } from "./watch/watch.ts";

/** The bedside: reads devices, decides alarms, sounds, calls phones, sends everything on. */
export interface Edge {
  /** The picture that pages show, from memory. */
  readonly live: LiveModel;
  readonly targets: TargetBook;
  /** What phones answer with the tokens of their messages. */
  readonly answers: Pick<Answers, "grantOf">;
  /** What is written down of nights for the morning. */
  readonly nights: Pick<Nights, "read">;
  /** Hands a command to a bed's engine. Throws NOT_FOUND for a bed that is not here. */
  command(bed: BedId, command: AlarmCommand): { readonly accepted: true } | Refused;
  /**
   * The same for whoever tells a person that it was taken: resolves once it is written down, or half a second later
   * where the disk does not write, so that what was told outlives a power cut. Rejects where `command` throws.
   */
  obey(bed: BedId, command: AlarmCommand): Promise<{ readonly accepted: true } | Refused>;
  devices(): readonly DeviceView[];
  /** A phone reports by this token that it showed a message; false when the token is not good. */
  shown(token: string): boolean;
  /** Who outside the house is told when this box dies. */
  readonly deadMen: Pick<EdgeDeadMen, "states" | "drill" | "callOff" | "look">;
  /** One quiet message, asked of nobody to answer; how the provider took it. Never rejects. */
  readonly tellQuietly: EdgeChannels["tell"];
  /** The evening check and the loud drill. */
  readonly evening: Evening;
  /** How each bed's way to the hub is. */
  uplinks(): readonly UplinkStatus[];
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
  speech(key: CauseId | ConditionId, language: Language, whose?: "machine"): Promise<Uint8Array | undefined>;
  /** What the family speaks itself in the place of the machine's voice. */
  readonly voices: Voices;
  /** Alarm events as they happen, synchronously; the returned function stops it. Listeners must not throw. */
  onEvent(listener: (event: AlarmEvent) => void): () => void;
  /** The configuration names other webhooks from now on. */
  setWebhooks(webhooks: HomeIdentity["webhooks"]): void;
  /** What the box knows of itself has changed: it is judged at once. */
  look(): void;
  /** Why this process does not watch as it should, which a new start may mend; undefined: it does. */
  stuck(): string | undefined;
  /** From here on it watches. */
  start(): void;
  stop(): Promise<void>;
}

export interface EdgeOptions {
  /** Default: the families that come along. */
  readonly families?: Families;
  /** The hub that leads this box; absent: it leads itself. */
  readonly hub?: {
    readonly pairingKey: Uint8Array;
    /** Whether it signs its echoes, as it has before. */
    readonly signs?: { known(): boolean; note(): void };
    /** What the hub wants this box to run on; rejects with the Fault to refuse it with. */
    applySettings(body: SettingsBody): Promise<void>;
    /** A hub says that it put a box out: to be judged. */
    onPutOut(notice: PutOutMessage["putOut"]): void;
  };
  /** The hub that put this box out; undefined: none did. */
  readonly putOut?: () => string | undefined;
}

/** In the state, so that a data folder without any record is known not to be new. */
const RECORDS_BEGUN = "records_begun";

/** Composes the bedside. Resolves when journals and spools are open; nothing runs before start(). */
export async function composeEdge(
  world: World,
  config: HomeConfig,
  identity: HomeIdentity,
  bus: Omit<BusOptions, "clientId" | "will">,
  { families = createFamilies(DEVICES), hub, putOut }: EdgeOptions = {},
): Promise<Edge> {
  const { clock, random, log, disk, http, state } = world;
  const epoch = base32Id(random.bytes(10));
  const listeners = new Set<(event: AlarmEvent) => void>();
  let stopHearing: (() => void) | undefined;
  /** Composed last: what stands before them asks them only when it runs. */
  let beds: readonly ComposedBed[] = [];
  const plans = config.beds.map((bed) => planBed(bed, config.zone, identity, families));
  const live = createLiveModel({ clock, log, beds: plans.map(({ shown }) => shown) });

  const showReadiness = (): void => {
    const readiness: WakeReadiness = {
      ...house.readiness,
      durable: durability.ok,
      away: answers.away,
      ...(deadMen.told === undefined ? {} : { deadMan: deadMen.told }),
      targets: targets.list().map((target) => ({
        ...readinessOf(target, clock.wall()),
        ...houseReady(reach.ready(target.channel)),
        ...shownView(shown.of(target.id), clock.wall()),
      })),
    };
    live.readiness(readiness);
    for (const { uplink } of beds) uplink.readiness(readiness);
  };
  const house = composeHouse(world, config, {
    onChange: showReadiness,
    folds: () => beds.map(({ runner }) => runner.fold()),
    trial: {
      get atPillow() {
        return evening.atPillow;
      },
      takesLatePress: () => evening.takesLatePress(),
    },
    command: (bed, command) => evening.answer(command) ?? edge.command(bed, command),
  });
  const answers = createAnswers({
    ...{ world, config, identity, onChange: showReadiness },
    targets: () => targets,
    // As it is, never again under another id: a relay could tell an answer once more each time that it lapses.
    command: (bed, command) => {
      if (evening.answer(command) === undefined) bedOf(bed).runner.command(command);
    },
  });
  const targets = createTargetBook({
    state,
    clock,
    log,
    beds: plans.map(({ profile: { bed, zone } }) => ({ bed, zone })),
    configured: identity.webhooks,
    language: config.language,
    onChange() {
      endForbiddenPauses(beds, targets, random);
      showReadiness();
    },
  });

  const shown = createShownBook({ state, clock, log });
  const deadMen = createEdgeDeadMen({
    ...{ world, config, identity, onChange: showReadiness },
    targets: () => targets,
    beds: () => beds,
    hubHears: () =>
      hub === undefined || putOut?.() !== undefined
        ? undefined
        : beds.every(({ uplink }) => uplink.status().hears),
    trouble: () => pulse.trouble,
  });

  const durability = createDurability({
    clock,
    onChange() {
      showReadiness();
      selfWatch.look();
    },
  });
  const reach = createReach({
    ...{ clock, http, log, language: config.language },
    wanted: () =>
      selfWatch.wantsReach ? targets.list().filter(({ deadSince }) => deadSince === undefined) : [],
    onChange() {
      selfWatch.look();
      showReadiness();
    },
  });
  const selfWatch = createSelfWatch({
    ...{ clock, random, log, disk, reach },
    beds: () =>
      beds.map(({ plan: { profile }, runner, isMadeUp }) => ({
        ...{ bed: profile.bed, zone: profile.zone, schedule: profile.schedule, isMadeUp },
        dependencyClass: profile.dependencyClass,
        fold: () => runner.fold(),
        faults: () => runner.faults(),
        command: (command) => void runner.command(command),
      })),
    targets: () => targets.list(),
    dutyGap: (bed) => targets.dutyGap(bed),
    sounderWorks: () => house.sounds,
    unwritten: () => durability.trouble,
    ...(world.keyless === undefined ? {} : { keyless: world.keyless }),
    ...(putOut === undefined ? {} : { putOut }),
    certificate() {
      const ending = world.certificate && endingOf(world.certificate(), clock.wall());
      return ending && { stage: ending.stage, detail: ending.fault.message };
    },
    ...(config.bus.url === undefined && hub === undefined
      ? {}
      : { hubAnswers: () => beds.every(({ uplink }) => uplink.status().hears) }),
  });

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
  const channels = createEdgeChannels(world, config, identity, { reach, targets: () => targets });
  const nights = await createNights(world, (id) => targets.find(id)?.person);
  const evening = await createEvening({
    ...{ world, config },
    targets: () => targets,
    channels: () => channels.all,
    folds: () => beds.map(({ runner }) => runner.fold()),
    toWatch: (fold) => watch.onFold(fold),
    toSounder: house.update,
    sounderWorks: () => house.sounds,
    // A relay takes answers and shows no page.
    hasAskPage: config.relay === undefined,
    onChange: () => tellEvening(),
    // Ages of proofs grow by themselves.
    onMinute: showReadiness,
  });
  const tellEvening = (): void => {
    // In one process nobody listens.
    if (hub !== undefined) for (const { uplink } of beds) uplink.evening(toldEvening(evening));
  };
  const watch = createWatch({
    clock,
    random,
    log,
    home: identity.home,
    ackKey: identity.ackKey,
    links: { ...identity.links, acknowledge: answers.address },
    zone: () => config.zone,
    outbox,
    channels: channels.all.map(nights.listening).map(evening.listening),
    targets: evening.targets,
    dress: evening.dress,
    onAcknowledge: (bed, command, target) => {
      if (evening.isPractice(bed)) {
        evening.answer(command);
        return Promise.resolve();
      }
      targets.prove(target);
      return edge.obey(bed, command).then(
        () => undefined,
        (error: unknown) => log.note("command.failed", { bed, detail: messageOf(error) }, "error"),
      );
    },
    onTargetGone: (target, why) => targets.kill(target.id, why),
    calling: (bed) => (evening.isPractice(bed) ? undefined : targets.calling(bed)),
    dependencyClass: (bed) => (evening.isPractice(bed) ? "B" : bedOf(bed).plan.profile.dependencyClass),
    isLost: createLostCalls(world, {
      hadWritten: (bed, occurrence) =>
        beds.find(({ plan }) => plan.profile.bed === bed)?.runner.hadWritten(occurrence) !== false,
      call: (bed, command) => edge.command(bed, command),
    }),
    tellsLeaving: (bed) => !evening.isPractice(bed) && !bedOf(bed).isMadeUp,
    onDurability: (durable, detail) => durability.note("outbox", durable, detail),
    // A practice is nobody's to take over: it has no bed.
    onTold: (bed, sends) =>
      beds
        .find(({ plan }) => plan.profile.bed === bed)
        ?.uplink.called(sends.map(({ send, waiting }) => ({ send: { ...send }, waiting }))),
  });

  const connections = createConnections(world, bus, {
    led: hub !== undefined,
    clientId: (bed) => `edge-${identity.home}-${bed}-${epoch}`,
  });
  const checkFromAfar = createChecksFromAfar({ world, zone: config.zone, evening: () => evening });
  beds = await Promise.all(
    plans.map((plan) =>
      composeBed(plan, {
        ...{ world, identity, epoch, known, live },
        connect: (will) => connections.to(plan.profile.bed, will),
        ...(hub === undefined ? {} : { hub }),
        obey: (command) => edge.obey(plan.profile.bed, command),
        check: checkFromAfar,
        // In this order: what sounds in the house, what calls phones, what pages show; what the box makes of it last.
        onFold(fold) {
          house.update(fold);
          watch.onFold(fold);
          live.alarms(fold);
          nights.onFold(fold);
          evening.onFold(fold);
          selfWatch.onFold();
        },
        onEvent(event) {
          for (const listener of listeners) listener(event);
        },
        onDurability: durability.note,
      }),
    ),
  );
  const pulse = createPulse({
    clock,
    ticking: () =>
      beds.map(({ plan, runner }) => ({
        name: `the engine of bed ${plan.profile.bed}`,
        tickedAt: runner.tickedAt,
      })),
  });
  const bedOf = (bed: BedId) => {
    const found = beds.find(({ plan }) => plan.profile.bed === bed);
    if (found === undefined) throw new Fault("NOT_FOUND", `There is no bed ${bed} here.`);
    return found;
  };
  /** The family has said that nobody can pause it. */
  const isBackstop = (bed: BedId, command: AlarmCommand): boolean =>
    command.kind === "pause" && targets.pauseForbidder(bed, command.condition) !== undefined;
  const supervisorOf = (device: DeviceId) =>
    beds.map((bed) => bed.supervisor(device)).find((one) => one !== undefined);

  const edge: Edge = {
    ...{ live, targets, answers, deadMen, nights, evening, tellQuietly: channels.tell },
    command(bed, command) {
      const practised = evening.answer(command);
      if (practised !== undefined) {
        return practised.accepted ? { accepted: true } : refusedOf("not_open", command.kind);
      }
      const found = bedOf(bed);
      if (isBackstop(bed, command)) return refusedOf("not_pausable", command.kind);
      const refused = found.runner.command(command);
      if (refused === undefined) return { accepted: true };
      return refused === "repeated"
        ? repeatOf(command, found.runner.fold().open)
        : refusedOf(refused, command.kind);
    },
    async obey(bed, command) {
      const outcome = edge.command(bed, command);
      await beds.find(({ plan }) => plan.profile.bed === bed)?.runner.written();
      return outcome;
    },
    shown(token) {
      const report = answers.shownIn(token);
      if (report === undefined) return false;
      if (!shown.note(report)) return true;
      watch.reached(report.occurrence, report.target);
      showReadiness();
      return true;
    },
    devices: () => beds.flatMap((bed) => bed.devices()),
    uplinks: () => beds.map(({ uplink }) => uplink.status()),
    frames: (device) => supervisorOf(device)?.frames(),
    bindSerial: (device) => supervisorOf(device)?.bindFound(),
    async recording(device, from, to) {
      const flight = beds.map((bed) => bed.flight(device)).find((one) => one !== undefined);
      if (flight === undefined) throw new Fault("NOT_FOUND", `There is no device ${device} here.`);
      return flight.between(from, to);
    },
    auditRecord: (bed, format, from, to) => bedOf(bed).records.audit.text(format, from, to),
    speech: house.wav,
    voices: house.voices,
    setWebhooks(webhooks) {
      targets.configure(webhooks);
      for (const bed of beds) bed.setWebhooks(webhooks);
    },
    look: selfWatch.look,
    stuck: () => pulse.trouble,
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      house.start();
      known.start();
      const stateDamage = world.stateDamage?.();
      for (const bed of beds)
        bed.start({ outbox: outboxDamage, ...(stateDamage === undefined ? {} : { state: stateDamage }) });
      stopHearing = world.onStateDamage?.((damage) => {
        for (const bed of beds) bed.stateDamaged(damage);
      });
      pulse.start();
      selfWatch.start();
      reach.start();
      answers.start();
      evening.start();
      tellEvening();
      deadMen
        .start()
        .catch((error: unknown) => log.note("dead_man.unread", { why: messageOf(error) }, "error"));
    },
    async stop() {
      // First: it tells whether somebody is watched, which is not so any more once the beds are closed.
      await deadMen.stop();
      stopHearing?.();
      evening.close();
      await answers.stop();
      pulse.stop();
      selfWatch.stop();
      reach.stop();
      durability.stop();
      await Promise.all(beds.map((bed) => bed.close()));
      await connections.close();
      watch.stop();
      await house.stop();
      await outbox
        .close()
        .catch((error: unknown) => log.note("outbox.unclosed", { why: String(error) }, "warn"));
      await nights.close();
      await known.close();
    },
  };
  await shown.load();
  await targets.refresh();
  return edge;
}

/** What the channel of a phone says of what it needs in the house. */
const houseReady = (ready: ChannelReady | undefined): { readonly house?: ChannelReady } =>
  ready === undefined ? {} : { house: ready };

/** A phone with its proofs, as pages know it. */
function readinessOf(target: BookedTarget, now: Wall): WakeReadiness["targets"][number] {
  const { id, label, person, personName, channel, lastProofAt, lastLoudProofAt, changedAt, deadWhy } = target;
  const age = (at: Wall): number => Math.max(0, now - at);
  return {
    ...{ id, label, person: personName, personId: person, channel },
    ...(lastProofAt === undefined ? {} : { provenAgeMs: age(lastProofAt) }),
    ...(lastLoudProofAt === undefined ? {} : { loudAgeMs: age(lastLoudProofAt) }),
    ...(changedAt === undefined ? {} : { changedAgeMs: age(changedAt) }),
    ...(deadWhy === undefined ? {} : { dead: deadWhy }),
  };
}

/** The ways to the broker: of each bed its own, or one for all of a box that a hub knows by one user name. */
function createConnections(
  world: World,
  bus: Omit<BusOptions, "clientId" | "will">,
  { led, clientId }: { readonly led: boolean; readonly clientId: (bed: BedId) => string },
): { to(bed: BedId, will: NonNullable<BusOptions["will"]>): Bus; close(): Promise<void> } {
  const open: Bus[] = [];
  return {
    to(bed, will) {
      // The will is the first bed's; that the others are gone the hub sees by their heartbeats.
      const [shared] = open;
      if (led && shared !== undefined) return shared;
      const made = world.bus.connect({ ...bus, will, clientId: led ? (bus.username ?? "") : clientId(bed) });
      open.push(made);
      return made;
    },
    close: async () => {
      await Promise.all(open.map((one) => one.close()));
    },
  };
}
