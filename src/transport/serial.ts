import type { SerialPort } from "serialport";
import { Fault } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink, OpenLink, SerialSettings } from "../port/link.ts";
import { type ChunkQueue, createChunkQueue } from "./chunk-queue.ts";
import { closed, HUNG_UP, lost, openPort } from "./serial-port.ts";

/** Opens a serial port for its bytes. Rejects with LINK_NOT_FOUND, LINK_REFUSED, or the signal's reason. */
export async function openSerial(
  address: string,
  settings: SerialSettings,
  signal: AbortSignal,
  clock: Clock,
): Promise<OpenLink> {
  const queue = createChunkQueue();
  const opened = await openPort(address, settings, signal, (port) => attach(port, queue, address));
  watchForHangUp(opened.port, queue, address, clock);
  const { port, simulated, resolved } = opened;
  return { link: linkOf(port, queue, address), simulated, resolved };
}

/** Listeners stay for the port's whole life: a port without a data listener does not notice an unplugged cable. */
function attach(port: SerialPort, queue: ChunkQueue, address: string): void {
  port.on("data", (chunk: Uint8Array) => queue.push(chunk));
  port.on("error", (error) => queue.end(lost(address, error)));
  // No error here means that somebody closed it on purpose.
  port.on("close", (error: Error | null) => queue.end(error === null ? undefined : lost(address, error)));
}

/** How long a port may say nothing before it is asked whether it is still there. */
const HANG_UP_CHECK_MS = 150;

/**
 * A terminal that was hung up reads as empty instead of as an error, about as often as not when bytes were on their
 * way; serialport then reads it again and again and reports nothing. Asking for the modem lines tells: a port that is
 * there answers, or says that it has none (a pseudo-terminal).
 */
function watchForHangUp(port: SerialPort, queue: ChunkQueue, address: string, clock: Clock): void {
  let heard = true;
  let asking = false;
  const stop = clock.every(HANG_UP_CHECK_MS, () => {
    if (!heard && !asking) {
      asking = true;
      port.get((error) => {
        asking = false;
        if (error !== null && HUNG_UP.test(error.message)) queue.end(lost(address, error));
      });
    }
    heard = false;
  });
  port.on("data", () => {
    heard = true;
  });
  port.once("close", stop);
}

function linkOf(port: SerialPort, queue: ChunkQueue, address: string): ByteLink {
  return {
    chunks: queue.chunks,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (!port.isOpen) return reject(new Fault("LINK_LOST", `The port ${address} is closed.`));
        port.write(Buffer.from(bytes), (error) => {
          if (error === null || error === undefined) resolve();
          else
            reject(
              new Fault("LINK_LOST", `The port ${address} took no bytes: ${error.message}.`, {
                cause: error,
              }),
            );
        });
      }),
    async close() {
      queue.end();
      await closed(port);
    },
  };
}
