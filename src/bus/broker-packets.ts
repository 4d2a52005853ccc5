import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { PAYLOAD_CHARS_MAX } from "./messages.ts";

/** UTF-8 takes up to three bytes for one UTF-16 unit. */
export const PAYLOAD_BYTES_MAX = 3 * PAYLOAD_CHARS_MAX;

/** Everything but a message: a connect packet holds the last will, a subscription its filters. */
const CONTROL_BYTES_MAX = 32 * 1_024;
/** A message with its topic of up to 65,535 bytes. */
const MESSAGE_BYTES_MAX = PAYLOAD_BYTES_MAX + 65_540;
/** Of a peer that is not let in yet, in all: it has nothing to say before the answer. */
const BEFORE_ADMITTED_MAX = 2 * CONTROL_BYTES_MAX;

const CONNECT = 1;
const PUBLISH = 3;

/** Judges the bytes of one connection before anybody gathers packets of them. */
export interface PacketGauge {
  /** Why the connection must end; undefined as long as all is well. */
  take(bytes: Uint8Array): string | undefined;
  /** The peer is known now: it may send messages of full size. */
  admit(): void;
}

/**
 * Reads no more than the fixed headers (MQTT 3.1.1, section 2.2: type and flags, then one to four bytes of length):
 * the library would wait for a whole packet of up to 256 MB, from anybody.
 */
export function createPacketGauge(): PacketGauge {
  let admitted = false;
  let begun = false;
  let taken = 0;
  /** Of the packet at hand; undefined between packets. */
  let type: number | undefined;
  let length = 0;
  let lengthBytes = 0;
  /** Bytes of the packet at hand that are still to come, once its length is known. */
  let left = 0;

  const refusal = (): string | undefined => {
    if (!begun && type !== CONNECT) return "it does not begin as MQTT does";
    begun = true;
    const most = type === PUBLISH && admitted ? MESSAGE_BYTES_MAX : CONTROL_BYTES_MAX;
    return length > most ? `a packet of ${length} bytes` : undefined;
  };

  /** One byte of a fixed header. */
  const header = (byte: number): string | undefined => {
    if (type === undefined) {
      type = byte >> 4;
      length = 0;
      lengthBytes = 0;
      return undefined;
    }
    length += (byte & 127) * 128 ** lengthBytes++;
    if (byte > 127) return lengthBytes === 4 ? "a length that is none" : undefined;
    const why = refusal();
    left = length;
    type = undefined;
    return why;
  };

  return {
    take(bytes) {
      taken += bytes.length;
      if (!admitted && taken > BEFORE_ADMITTED_MAX) return "too much before it was let in";
      let at = 0;
      while (at < bytes.length) {
        const skipped = Math.min(left, bytes.length - at);
        left -= skipped;
        at += skipped;
        const byte = bytes[at++];
        const why = byte === undefined ? undefined : header(byte);
        if (why !== undefined) return why;
      }
      return undefined;
    },
    admit() {
      admitted = true;
    },
  };
}

/** The connection as the broker's library sees it; it ends at the first packet that the gauge refuses. */
export function gaugedStream(socket: Socket, gauge: PacketGauge): Duplex {
  const stream = new Duplex({
    read() {
      socket.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      socket.write(chunk, done);
    },
    writev(chunks: readonly { chunk: Buffer }[], done) {
      socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
    },
    final(done) {
      socket.end(done);
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
    decodeStrings: true,
  });
  socket.on("data", (bytes: Buffer) => {
    const why = gauge.take(bytes);
    if (why !== undefined) stream.destroy(new Error(why));
    else if (!stream.push(bytes)) socket.pause();
  });
  socket.on("end", () => stream.push(null));
  socket.on("error", (error) => stream.destroy(error));
  socket.on("close", () => stream.destroy());
  return stream;
}
