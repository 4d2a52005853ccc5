import { createNews } from "../../src/domain/news.ts";
import { createOximetry } from "../../src/domain/oximetry.ts";
import { MINUTE_MS } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import { type Exchange, heardWhile } from "../../src/driver/exchange.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { createInbox } from "../../src/wire/inbox.ts";
import { encodeRequest, LIVE_RULE, type Reply } from "./codec.ts";
import { identityOf, infoOf, liveAlarms, liveOf, liveSamples, liveStatus, openRing } from "./ring.ts";

/** From one live request to the next. */
const POLL_MS = 1_000;
/** Without a reply for so long a request is lost. */
const NO_REPLY_MS = 2_000;
/** A ring that does not say who it is gets asked again after this. */
const ASK_AGAIN_MS = MINUTE_MS;
/** Replies that nobody has read yet; the ring sends one a second. */
const UNREAD = 64;

/**
 * Reads a ring live: who it is, then its values once a second, one request at a time. Each reply is a reading when it
 * arrives, also one that comes too late for its request. What each field becomes stands in README.md.
 */
export async function* observeRing(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<Reply>(UNREAD);
  const exchange = openRing(context, LIVE_RULE, (reply) => inbox.put(reply));
  const polling = poll(context, exchange);
  const oximetry = createOximetry();
  const isNews = createNews();
  for await (const reply of heardWhile(inbox, exchange, polling)) {
    const nowMs = context.clock.mono();
    const live = liveOf(reply);
    const info = infoOf(reply);
    if (live !== undefined) yield { body: { kind: "samples", samples: liveSamples(live, oximetry) } };
    const slow = [
      ...(live === undefined ? [] : [liveStatus(live), liveAlarms(live)]),
      ...(info === undefined ? [] : [identityOf(info)]),
    ];
    for (const body of slow) if (isNews(body, nowMs)) yield { body };
  }
}

/** Silence is left to the watchdog: a ring off the finger stops answering, and that is no damage. */
async function poll({ clock }: DriverContext<PacketLink>, exchange: Exchange<Reply>): Promise<void> {
  const failed = ({ status }: Reply): boolean => status !== 0;
  let askWhoMs: number | undefined = clock.mono();
  while (!exchange.ended) {
    const askedMs: number = clock.mono();
    if (askWhoMs !== undefined && askedMs >= askWhoMs) {
      const reply = await exchange.request({
        bytes: encodeRequest("info"),
        meaning: "info: who are you",
        matches: (answer) => infoOf(answer) !== undefined || failed(answer),
        timeoutMs: NO_REPLY_MS,
      });
      askWhoMs = reply === undefined || failed(reply) ? askedMs + ASK_AGAIN_MS : undefined;
    }
    await exchange.request({
      bytes: encodeRequest("live"),
      meaning: "live values",
      matches: (answer) => liveOf(answer) !== undefined || failed(answer),
      timeoutMs: NO_REPLY_MS,
    });
    await exchange.pause(Math.max(0, askedMs + POLL_MS - clock.mono()));
  }
}
