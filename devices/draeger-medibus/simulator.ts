import { createMeter } from "../../src/domain/meter.ts";
import type { WaveId } from "../../src/domain/signal.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { type Mono, mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { CODE, createMedibusFramer, encodeCommand, encodeResponse, type Message } from "./codec.ts";
import { answerTo, isOff } from "./machine.ts";
import {
  binOf,
  createRealtimeDecoder,
  encodeConfiguration,
  encodeGroup,
  encodePhase,
  parseWanted,
  type RealtimeConfiguration,
} from "./realtime.ts";

const INTERVAL_US = 16_000;
const HIGHEST_BIN = 0xfff;
/** Samples leave three at a time. */
const TICK_MS = 48;
/** A host that was not heard for so long is gone. */
const SILENCE_MS = 3_000;

interface Offered extends RealtimeConfiguration {
  readonly wave: WaveId;
}

const stream = (code: string, wave: WaveId, min: number, max: number): Offered => ({
  code,
  wave,
  intervalUs: INTERVAL_US,
  min,
  max,
  maxBin: HIGHEST_BIN,
});

const STREAMS: readonly Offered[] = [
  stream("00", "airway_pressure", -20, 100),
  stream("01", "flow", -150, 150),
  stream("06", "co2", 0, 100),
];

/**
 * Plays the ventilator: initialises in both directions, answers every question with what it measures at the bed, sends
 * the streams that were asked for, also in the middle of its answers. Without power it says nothing.
 */
export async function simulateMedibus(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, options, signal, zone = "UTC" } = context;
  const meter = createMeter(bed, clock.mono());
  const output = createStreamOutput(context);
  const replies: Uint8Array[] = [];
  let heardAtMs: number = clock.mono();

  const answer = ({ code, data }: Message): void => {
    const reply = (text = ""): number => replies.push(encodeResponse(code, text));
    switch (code) {
      case CODE.initialise:
        output.forget();
        reply();
        // It begins, too, and wants to know who asks.
        replies.push(encodeCommand(CODE.initialise), encodeCommand(CODE.identity));
        return;
      case CODE.stop:
        // Who says this listens no longer.
        output.forget();
        return;
      case CODE.realtimeConfiguration:
        reply(output.offered());
        return;
      case CODE.configureRealtime:
        output.configure(data);
        reply();
        return;
      default:
        meter.look(clock.mono());
        reply(answerTo(code, { bed, meter, options, now: clock.mono(), wall: clock.wall(), zone }));
    }
  };

  const realtime = createRealtimeDecoder({
    onGroup: () => undefined,
    onPhase: () => undefined,
    onWanted: (mask) => output.enable(mask),
    onLoss: () => undefined,
  });

  const framer = createMedibusFramer({
    onMessage(message) {
      heardAtMs = clock.mono();
      if (message.kind === "command" && !isOff(bed)) answer(message);
    },
    onRefused(kind, _bytes, reason) {
      if (kind === "command" && reason === "checksum does not fit") {
        replies.push(encodeResponse(CODE.corrupt));
      }
    },
    onRealtime: (byte) => realtime.push(byte),
    onNoise: () => undefined,
  });

  const listen = async (): Promise<void> => {
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      framer.push(chunk);
      for (const reply of replies.splice(0)) await link.write(around(reply, output.due()));
    }
  };

  const play = async (): Promise<void> => {
    for await (const _tick of ticks(clock, TICK_MS, signal)) {
      meter.look(clock.mono());
      if (clock.mono() - heardAtMs > SILENCE_MS || isOff(bed)) output.forget();
      const bytes = output.due();
      if (bytes.length > 0) await link.write(bytes);
    }
  };

  await Promise.all([listen(), play()]);
}

/** Realtime bytes do not wait for the end of an answer. */
function around(reply: Uint8Array, realtime: Uint8Array): Uint8Array {
  const middle = reply.length >> 1;
  return Buffer.concat([reply.subarray(0, middle), realtime, reply.subarray(middle)]);
}

function createStreamOutput({ bed, clock }: SimulatorContext) {
  let wanted: readonly { readonly stream: Offered; readonly multiplier: number }[] = [];
  let enabled = 0;
  let startMs = 0;
  let step = 0;
  let breath: ReturnType<typeof bed.breath>;

  const here = (at: Mono): readonly Offered[] =>
    STREAMS.filter(({ wave }) => bed.wave(wave, at) !== undefined);

  const phaseAt = (at: Mono): Uint8Array | undefined => {
    const before = breath;
    breath = bed.breath(at);
    if (breath === undefined) return undefined;
    if (breath.number !== before?.number) return encodePhase("inspiration");
    return breath.phase !== before.phase && breath.phase === "expiration"
      ? encodePhase("expiration")
      : undefined;
  };

  return {
    offered: (): string => here(clock.mono()).map(encodeConfiguration).join(""),
    configure(argument: string): void {
      wanted = (parseWanted(argument) ?? []).flatMap(({ code, multiplier }) => {
        const found = STREAMS.find((one) => one.code === code);
        return found === undefined || multiplier === 0 ? [] : [{ stream: found, multiplier }];
      });
      enabled = 0;
    },
    /** Streams are switched on from the first without a gap: what this project's driver asks for. */
    enable(mask: number): void {
      enabled = Math.min(wanted.length, mask.toString(2).length * Math.sign(mask));
      startMs = clock.mono();
      step = 0;
    },
    forget(): void {
      wanted = [];
      enabled = 0;
    },
    /** What the streams have to say since the last call. */
    due(): Uint8Array {
      const pieces: Uint8Array[] = [];
      const [first] = wanted;
      if (enabled === 0 || first === undefined) return new Uint8Array(0);
      const intervalMs = (first.multiplier * first.stream.intervalUs) / 1_000;
      for (; startMs + step * intervalMs <= clock.mono(); step++) {
        const at = mono(startMs + step * intervalMs);
        const phase = phaseAt(at);
        if (phase !== undefined) pieces.push(phase);
        const bins = wanted.slice(0, enabled).map(({ stream: one }) => {
          const value = bed.wave(one.wave, at);
          return value === undefined ? undefined : binOf(one, value);
        });
        if (bins.every((bin) => bin !== undefined)) pieces.push(encodeGroup(bins));
      }
      return Buffer.concat(pieces);
    },
  };
}
