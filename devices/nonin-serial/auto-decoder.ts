import { createDisplayDecoder } from "./display-decoder.ts";
import { createPacketDecoder } from "./packet-decoder.ts";
import type { Decoder, Sink } from "./reading.ts";
import { createSpotDecoder } from "./spot-decoder.ts";

/** A stretch of this length without a frame of the chosen format and all are tried again (1.4 s of formats 2 and 7). */
const BLOCK_BYTES = 512;
/** More than a whole packet. */
const NO_FRAME_BYTES = 150;

/**
 * Finds out which format arrives: all four read along, byte by byte, and the first that completes a frame (a whole
 * packet in formats 2 and 7) is chosen. A whole packet says more than the few bytes of formats 8 and 13: it takes the
 * place of one of these that has found no frame since before it began. Until one is chosen nothing leaves but a remark about bytes that fit none. Decisions
 * fall at fixed places of the stream, so that they do not depend on how it was cut.
 */
export function createAutoDecoder(hasSensorSocket: boolean, zone: string, sink: Sink): Decoder {
  let candidates: readonly Decoder[] = [];
  let chosen: Decoder | undefined;
  let bytesInBlock = 0;
  let framesInBlock = 0;
  let sinceFrame = 0;
  let packets: readonly Decoder[] = [];

  /** Whether a frame that this one found makes it the one. */
  const wins = (self: Decoder): boolean => {
    if (chosen === undefined || chosen === self) return true;
    return packets.includes(self) && sinceFrame > NO_FRAME_BYTES;
  };

  const candidate = (create: (sink: Sink) => Decoder): Decoder => {
    const self: Decoder = create({
      reading: (reading) => {
        if (chosen === self) sink.reading(reading);
      },
      frame: (bytes, meaning) => {
        if (!wins(self)) return;
        chosen = self;
        sinceFrame = 0;
        framesInBlock += 1;
        sink.frame(bytes, meaning);
      },
      reject: (bytes, reason) => {
        if (chosen === self) sink.reject(bytes, reason);
      },
    });
    return self;
  };

  const startOver = (): void => {
    chosen = undefined;
    packets = [
      candidate((own) => createPacketDecoder(2, hasSensorSocket, own)),
      candidate((own) => createPacketDecoder(7, hasSensorSocket, own)),
    ];
    candidates = [
      ...packets,
      candidate((own) => createDisplayDecoder(own)),
      candidate((own) => createSpotDecoder(zone, own)),
    ];
  };
  startOver();

  /** Feeds part of a block; returns how many bytes were taken. */
  const feed = (bytes: Uint8Array): number => {
    if (chosen !== undefined && packets.includes(chosen)) {
      chosen.push(bytes);
      return bytes.length;
    }
    const byte = bytes.subarray(0, 1);
    sinceFrame += 1;
    const before = chosen;
    for (const decoder of candidates) {
      decoder.push(byte);
      if (chosen !== before) break;
    }
    return 1;
  };

  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const taken = feed(chunk.subarray(at, at + BLOCK_BYTES - bytesInBlock));
        at += taken;
        bytesInBlock += taken;
        if (bytesInBlock < BLOCK_BYTES) continue;
        if (framesInBlock === 0) {
          if (chosen === undefined)
            sink.reject(chunk.subarray(at - taken, at), "no frame of format 2, 7, 8 or 13");
          else startOver();
        }
        bytesInBlock = 0;
        framesInBlock = 0;
      }
    },
  };
}
