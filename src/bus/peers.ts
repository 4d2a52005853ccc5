import Type from "typebox";
import { Compile } from "typebox/compile";
import { messageOf } from "../domain/fault.ts";
import type { Bus } from "../port/bus.ts";
import type { Log } from "../port/log.ts";
import type { Stream } from "./marks.ts";
import { parse } from "./messages.ts";
import { peersTopic } from "./topics.ts";

/**
 * What hubs that share the messages of edges tell one another: each sees only some numbers of a stream, and a mark is
 * only true for all of them together. What is lost here is sent again by the edge, and told again then.
 */
export interface Peers {
  /** The returned function stops listening. */
  start(onSettled: (stream: Stream, from: number, to: number) => void): () => void;
  add(stream: Stream, from: number, to: number): void;
  /** Tells what was added since; `from` is who tells, so that nobody hears itself. */
  tell(from: string): void;
}

const STREAMS_MAX = 500;
const name = Type.String({ minLength: 1, maxLength: 64 });
const seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const settledMessage = Compile(
  Type.Object({
    from: name,
    settled: Type.Array(Type.Tuple([name, name, name, name, seq, seq]), { maxItems: STREAMS_MAX }),
  }),
);

interface Told {
  readonly stream: Stream;
  readonly from: number;
  to: number;
}

export function createPeers({
  bus,
  log,
  group,
}: {
  readonly bus: Bus;
  readonly log: Log;
  readonly group: string;
}): Peers {
  const topic = peersTopic(group);
  /** Newest stretch of each stream, and the stretches that are whole. */
  const newest = new Map<string, Told>();
  let whole: Told[] = [];
  let self = "";

  return {
    start(onSettled) {
      return bus.subscribe(topic, (_topic, payload) => {
        const parsed = parse(payload);
        if (!parsed.ok || !settledMessage.Check(parsed.message)) {
          log.note("ingest.peer_not_understood", { topic }, "warn");
          return;
        }
        const { from: sender, settled } = parsed.message;
        if (sender === self) return;
        for (const [home, bed, device, epoch, from, to] of settled) {
          onSettled({ home, bed, device, epoch }, from, to);
        }
      });
    },
    add(stream, from, to) {
      const key = `${stream.home} ${stream.bed} ${stream.device} ${stream.epoch}`;
      const known = newest.get(key);
      if (known !== undefined && from === known.to + 1) {
        known.to = to;
        return;
      }
      if (known !== undefined) whole.push(known);
      newest.set(key, { stream, from, to });
    },
    tell(from) {
      self = from;
      const told = [...whole, ...newest.values()];
      whole = [];
      newest.clear();
      if (!bus.connected) return;
      for (let start = 0; start < told.length; start += STREAMS_MAX) {
        const settled = told
          .slice(start, start + STREAMS_MAX)
          .map((one) => [
            one.stream.home,
            one.stream.bed,
            one.stream.device,
            one.stream.epoch,
            one.from,
            one.to,
          ]);
        bus.publish(topic, JSON.stringify({ from, settled }), { retain: false }).catch((error: unknown) => {
          log.note("ingest.peers_not_told", { detail: messageOf(error) }, "debug");
        });
      }
    },
  };
}
