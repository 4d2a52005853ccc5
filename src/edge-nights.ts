import type { AlarmFold } from "./domain/alarm.ts";
import { messageOf } from "./domain/fault.ts";
import type { PersonId } from "./domain/ids.ts";
import type { NightEntry } from "./domain/morning.ts";
import type { Channel, ChannelMessage } from "./port/channel.ts";
import type { CompactableLog } from "./port/record.ts";
import type { World } from "./port/world.ts";
import { openRecordLog } from "./record/log.ts";
import { createNightBook, decodeNightEntry, NIGHTS_FILE, type NightBook } from "./record/night-book.ts";

/** Writes down of the nights what the morning tells and no alarm event holds; hangs beside the alarm path. */
export interface Nights extends Pick<NightBook, "read" | "close"> {
  /** Takes a bed's newest alarms; only the watch in it counts. Never waits, never throws. */
  onFold(fold: AlarmFold): void;
  /** The channel, with every alarm that its provider takes written down as a call of the target's person. */
  listening(channel: Channel): Channel;
}

/** Opens the record. Never rejects: where it cannot be read, nights are remembered until the next start. */
export async function createNights(
  { disk, clock, random, log }: World,
  personOf: (target: string) => PersonId | undefined,
): Promise<Nights> {
  const book = createNightBook(
    await openRecordLog({ disk, clock, random, log, path: NIGHTS_FILE, decode: decodeNightEntry }).catch(
      (error: unknown) => {
        log.note("nights.unread", { why: messageOf(error) }, "warn");
        return forgetful();
      },
    ),
    log,
  );
  const noteCall = (target: string, message: ChannelMessage): void => {
    const [, occurrence = ""] = message.key.split("/");
    const [bed = ""] = occurrence.split("-");
    const person = personOf(target);
    if (!isCall(message) || person === undefined) return;
    book.note({ kind: "called", bed, at: clock.wall(), occurrence, person });
  };
  return {
    read: book.read,
    async close() {
      await book
        .close()
        .catch((error: unknown) => log.note("nights.unclosed", { why: messageOf(error) }, "warn"));
    },
    onFold({ bed, at, watch: { on, reason } }) {
      book.note({ kind: "watch", bed, at, on, reason });
    },
    listening: (channel) => ({
      ...channel,
      async send(target, message) {
        const result = await channel.send(target, message);
        if (result.outcome === "accepted") noteCall(target.id, message);
        return result;
      },
    }),
  };
}

/** What may wake somebody: no drill, no gentle question, nothing about what is over. */
const isCall = ({ kind, priority, drill }: ChannelMessage): boolean =>
  kind === "alarm" && priority !== "low" && !drill;

/** In the place of a record that cannot be had. */
const forgetful = (): CompactableLog<NightEntry> => ({
  ...{ id: "", bytes: 0, recovered: { entries: [], damaged: false, found: "nothing" } },
  append: async () => undefined,
  rewrite: async () => undefined,
  close: async () => undefined,
});
