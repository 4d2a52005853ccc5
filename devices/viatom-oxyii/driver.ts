import { Fault } from "../../src/domain/fault.ts";
import { createOximetry } from "../../src/domain/oximetry.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { Exchange } from "../../src/driver/exchange.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { createInbox } from "../../src/wire/inbox.ts";
import { encodeRequest, type Message, STATE } from "./codec.ts";
import { identityOf, infoOf, liveOf, liveSamples, openRing } from "./ring.ts";

const NO_REPLY_MS = 2_000;
/** A worn ring is let go for so long; finding and connecting it takes some of the rest of the minute. */
const LEFT_ALONE_MS = 50 * SECOND_MS;
/**
 * A ring off the finger saves its session and switches itself off 120 s after the last connection: it is left alone for
 * longer than that.
 */
const LEFT_TO_SLEEP_MS = 3 * MINUTE_MS;
/** Who it is and how it is: no more is asked at a time. */
const UNREAD = 16;

/**
 * One reading, then the ring is let go: a link that is held drains it and keeps it from saving its session. Ends with
 * LINK_LOST when the next reading is due, so that the link is opened again.
 */
export async function* observeOxyii(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { clock, signal } = context;
  const inbox = createInbox<Message>(UNREAD);
  const exchange = openRing(context, (reply) => inbox.put(reply));
  const probing = probe(context, exchange).then(
    () => inbox.end(),
    (cause: unknown) => inbox.end({ cause }),
  );
  const oximetry = createOximetry();
  let wasRead = false;
  try {
    for (let reply = await inbox.next(); reply !== undefined; reply = await inbox.next()) {
      const live = liveOf(reply);
      const info = infoOf(reply);
      if (info !== undefined) yield { body: identityOf(info) };
      if (live === undefined || wasRead) continue;
      wasRead = true;
      yield {
        body: { kind: "samples", samples: liveSamples(live, oximetry) },
        deviceAt: clock.wall(),
      };
    }
  } finally {
    await exchange.stop();
    await probing;
  }
  if (!signal.aborted) {
    throw new Fault("LINK_LOST", "The ring was let go after its reading; the next one is due.");
  }
}

async function probe(
  { link, clock, signal }: DriverContext<PacketLink>,
  exchange: Exchange<Message>,
): Promise<void> {
  let seq = 0;
  const ask = (command: "info" | "live"): Promise<Message | undefined> =>
    exchange.request({
      bytes: encodeRequest(command, (seq = (seq + 1) & 0xff)),
      meaning: command === "info" ? "info: who are you" : "live values",
      matches: (reply) => (command === "info" ? infoOf(reply) : liveOf(reply)) !== undefined,
      timeoutMs: NO_REPLY_MS,
    });
  await ask("info");
  let reply: Message | undefined;
  while (reply === undefined && !exchange.ended) reply = await ask("live");
  if (reply === undefined) return;
  await exchange.stop();
  await link.close();
  const worn = liveOf(reply)?.state !== STATE.noFinger;
  // Only stopping cuts the wait short.
  await clock.sleep(worn ? LEFT_ALONE_MS : LEFT_TO_SLEEP_MS, signal).catch(() => undefined);
}
