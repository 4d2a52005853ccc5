import { messageOf } from "../domain/fault.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { createDelivery, type Job } from "./delivery.ts";
import type { PlannedSend } from "./incident.ts";
import { composeMessage, type WatchTarget } from "./message.ts";
import { createReceipts } from "./receipts.ts";
import { takeStray } from "./stray-answer.ts";
import { acknowledgementIn, type WatchOptions } from "./watch.ts";

/** Sends single messages in the place of a watch that runs elsewhere, under the same keys. */
export interface Helper {
  help(send: PlannedSend, targets: readonly WatchTarget[]): void;
  /** The watch has gone on to another message about this: ours is not tried again. */
  movedOn(occurrence: OccurrenceId): void;
  stop(): void;
}

export type HelperOptions = Pick<
  WatchOptions,
  | "clock"
  | "random"
  | "log"
  | "home"
  | "ackKey"
  | "links"
  | "zone"
  | "channels"
  | "targets"
  | "onAcknowledge"
  | "openAlarms"
  | "onTargetGone"
>;

/** Decides nothing: whether an answer still counts is for the one who owns the alarm. */
export function createHelper(options: HelperOptions): Helper {
  const { log } = options;
  const isListed = ({ target }: Job): boolean => options.targets().some(({ id }) => id === target.id);
  const answered = (job: Job, by: string): Promise<void> | undefined =>
    isListed(job)
      ? options.onAcknowledge(job.send.bed, acknowledgementIn(job, by), job.target.id)
      : undefined;
  const receipts = createReceipts({
    ...options,
    sharesAnswers: true,
    targets: () => options.targets(),
    onAcknowledged: answered,
    // Who is called next is for the one who owns the alarm.
    onUnreached: () => undefined,
    onStray: (answer) => takeStray(answer, options.openAlarms?.() ?? [], options),
  });
  const delivery = createDelivery({
    ...options,
    isListed,
    onEnd: () => undefined,
    onFailed: () => undefined,
    onAccepted: receipts.follow,
    onAcknowledged: answered,
    onGone: options.onTargetGone,
  });
  return {
    help(send, targets) {
      for (const target of targets) {
        try {
          delivery.deliver({ send, target, message: composeMessage(send, target, options) });
        } catch (thrown) {
          log.note("send.broken", { target: target.id, detail: messageOf(thrown) }, "error");
        }
      }
    },
    movedOn(occurrence) {
      delivery.supersede(occurrence);
      receipts.cancel(occurrence);
    },
    stop() {
      delivery.stop();
      receipts.stop();
    },
  };
}
