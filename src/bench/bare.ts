/*
 * The yardstick of `bench path`: what a few lines with serialport and mqtt can do. Run as a program of its own:
 *
 *   node bare.ts PORT BROKER-URL TOPIC
 *
 * Reads Nonin format 2, checks every frame's sum, and publishes one JSON message a second at QoS 1 with the last byte
 * of the frame that completes the first packet and then every third: the same work as the product's way to the bus, with
 * no alarm engine, no store and no memory of what was lost.
 */
import { scheduler } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { SerialPort } from "serialport";

const FRAME_BYTES = 5;
const PACKET_FRAMES = 25;
const AGAIN_MS = 250;

const [path = "", url = "", topic = ""] = process.argv.slice(2);
const client = await connectAsync(url);
const packet: number[] = [];
let rest: Uint8Array = new Uint8Array(0);
let last: number | undefined;

function isFrame(bytes: Uint8Array, at: number): boolean {
  const [start = 0, status = 0, pleth = 0, float = 0, sum = 0] = bytes.subarray(at, at + FRAME_BYTES);
  return start === 1 && status >= 0x80 && ((start + status + pleth + float) & 0xff) === sum;
}

function take(status: number, float: number): void {
  if ((status & 1) !== 0) packet.length = 0;
  else if (packet.length === 0) return;
  packet.push(float);
  if (packet.length !== PACKET_FRAMES) return;
  const [pulseHigh = 0, pulseLow = 0, spo2 = 0, , , timerHigh = 0, timerLow = 0] = packet;
  packet.length = 0;
  const counter = ((timerHigh & 0x7f) << 7) | (timerLow & 0x7f);
  if (last !== undefined && ((counter - last) & 0x3fff) < 3) return;
  last = counter;
  const pulse = ((pulseHigh & 0x03) << 7) | (pulseLow & 0x7f);
  client
    .publishAsync(topic, JSON.stringify({ spo2: spo2 & 0x7f, pulse, counter }), { qos: 1 })
    .catch(() => undefined);
}

function read(chunk: Uint8Array): void {
  const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  let at = 0;
  while (bytes.length - at >= FRAME_BYTES) {
    if (isFrame(bytes, at)) {
      take(bytes[at + 1] ?? 0, bytes[at + 3] ?? 0);
      at += FRAME_BYTES;
    } else at += 1;
  }
  rest = bytes.subarray(at);
}

/** Resolves when the port is gone again, or could not be opened. */
const session = (): Promise<void> =>
  new Promise((resolve) => {
    const port = new SerialPort({ path, baudRate: 9600 }, (error) => {
      if (error !== null) resolve();
    });
    port.on("data", read);
    port.on("error", () => resolve());
    port.on("close", () => resolve());
  });

for (;;) {
  await session();
  await scheduler.wait(AGAIN_MS);
}
