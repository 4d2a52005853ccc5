import type { AlarmCommand } from "../../src/domain/alarm.ts";
import type { DependencyClass } from "../../src/domain/bed.ts";
import type { Calling } from "../../src/domain/calling.ts";
import { wall } from "../../src/domain/time.ts";
import type { Channel, ChannelCapabilities, ChannelMessage, SendResult } from "../../src/port/channel.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { LogFields } from "../../src/port/log.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import type { WatchTarget } from "../../src/watch/message.ts";
import type { OutboxEntry } from "../../src/watch/outbox.ts";
import { createWatch, type Watch } from "../../src/watch/watch.ts";
import { createMemoryRecords, type MemoryRecords } from "./records.ts";

/** One request that left for a provider. */
export interface Call {
  readonly atMs: number;
  readonly target: string;
  readonly message: ChannelMessage;
}

/** A phone of a person, in English, unless told otherwise; `channel`: `phone`, `voice` or `siren`. */
export const phone = (id: string, changes: Partial<WatchTarget> = {}): WatchTarget => ({
  id,
  channel: "phone",
  settings: {},
  person: `person-of-${id}`,
  label: `phone ${id}`,
  addedAt: wall(1),
  language: "en",
  ...changes,
});

/** A watch with providers, phones and disk that do what a test says. */
export interface CallCentre {
  readonly watch: Watch;
  readonly calls: readonly Call[];
  readonly records: MemoryRecords<OutboxEntry>;
  readonly commands: readonly {
    readonly bed: string;
    readonly command: AlarmCommand;
    readonly target: string;
  }[];
  readonly gone: readonly { readonly target: string; readonly why: string }[];
  readonly durability: readonly boolean[];
  readonly notes: readonly { readonly event: string; readonly fields: LogFields }[];
  targets: readonly WatchTarget[];
  /** Undefined: everybody is called at once. */
  calling: Calling | undefined;
  /** Who is called when cannot be told any more. */
  isPlanless: boolean;
  /** How a provider answers; a promise may never settle. */
  answer: (target: string, message: ChannelMessage) => SendResult | Promise<SendResult>;
  /** Called on every change that a test wants to see at once. */
  onCommand: (command: AlarmCommand) => void;
}

export interface CallCentreOptions {
  readonly targets?: readonly WatchTarget[];
  /** What an earlier run left on disk. */
  readonly earlier?: readonly OutboxEntry[];
  readonly dependencyClass?: DependencyClass;
  /** Nothing at the bed is real. */
  readonly simulated?: boolean;
  /** What the provider can do beside taking messages. */
  readonly provider?: Pick<Channel, "poll" | "cancel" | "listen">;
}

/** The same provider with another sound. */
const like = (channel: Channel, id: string, sounds: ChannelCapabilities["sounds"]): Channel => ({
  ...channel,
  id,
  capabilities: { ...channel.capabilities, sounds },
});

export function createCallCentre(clock: Clock, options: CallCentreOptions = {}): CallCentre {
  const calls: Call[] = [];
  const commands: { bed: string; command: AlarmCommand; target: string }[] = [];
  const gone: { target: string; why: string }[] = [];
  const durability: boolean[] = [];
  const notes: { event: string; fields: LogFields }[] = [];
  const records = createMemoryRecords<OutboxEntry>(clock, options.earlier);
  const channel: Channel = {
    id: "phone",
    capabilities: {
      breaksDndIos: "no",
      breaksDndAndroid: "no",
      mainlandChina: "yes",
      acknowledges: true,
      endToEndEncrypted: true,
      maxBytes: 4_000,
      ratePerMinute: 60,
      sounds: "notification",
    },
    async send(target, message) {
      calls.push({ atMs: clock.mono(), target: target.id, message });
      return centre.answer(target.id, message);
    },
    ...options.provider,
  };
  const centre: CallCentre = {
    watch: createWatch({
      home: "home",
      clock,
      random: createSeededRandom(7),
      log: { note: (event, fields = {}) => notes.push({ event, fields }) },
      outbox: records,
      channels: [channel, like(channel, "voice", "call"), like(channel, "siren", "not_applicable")],
      targets: () => centre.targets,
      ackKey: "a2V5",
      links: {
        page: (bed, occurrence) => `https://home.example/${bed}/${occurrence}`,
        shown: (token) => `https://home.example.org/api/r/${token}`,
        acknowledge: (token) => `https://home.example/api/a/${token}`,
      },
      zone: () => "Asia/Shanghai",
      calling() {
        if (centre.isPlanless) throw new Error("the book of duty is broken");
        return centre.calling;
      },
      dependencyClass: () => options.dependencyClass ?? "B",
      tellsLeaving: () => options.simulated !== true,
      onAcknowledge: (bed, command, target) => {
        commands.push({ bed, command, target });
        centre.onCommand(command);
      },
      onTargetGone: (target, why) => gone.push({ target: target.id, why }),
      onDurability: (durable) => durability.push(durable),
    }),
    calls,
    records,
    commands,
    gone,
    durability,
    notes,
    targets: options.targets ?? [phone("mei")],
    answer: () => ({ outcome: "accepted", reference: "" }),
    calling: undefined,
    isPlanless: false,
    onCommand: () => undefined,
  };
  return centre;
}
