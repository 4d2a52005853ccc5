import type { SerialPort } from "serialport";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { OpenLink, PacketLink, SerialSettings } from "../port/link.ts";
import {
  INPUTS_CHANNEL,
  MODEM_INPUTS,
  MODEM_OUTPUTS,
  type ModemInputs,
  OUTPUTS_CHANNEL,
} from "../wire/modem-lines.ts";
import { createPacketQueue, type PacketQueue } from "./chunk-queue.ts";
import { closed, HUNG_UP, lost, openPort } from "./serial-port.ts";

/** Adapters tell nobody that a line moved (serialport has no event for it): they are asked this often. */
const POLL_MS = 50;
/** Unchanged lines are told this often, in polls: silence then means that the port is gone. */
const REPEAT_POLLS = 1_000 / POLL_MS;

/** Nothing is sent or received, so any speed will do; no hardware handshake, since that would use the lines. */
const SETTINGS: SerialSettings = { baudRate: 9_600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false };

/**
 * Opens a serial port for its modem lines, as src/wire/modem-lines.ts writes them: a packet at once when a line
 * changes, and one a second. RI is never set: serialport does not ask for it. Rejects with LINK_NOT_FOUND,
 * LINK_REFUSED (also where the port has no such lines, as a pseudo-terminal), or the signal's reason.
 */
export async function openModemLines(
  address: string,
  signal: AbortSignal,
  clock: Clock,
): Promise<OpenLink<PacketLink>> {
  const queue = createPacketQueue();
  const { port, simulated, resolved } = await openPort(address, SETTINGS, signal, (port) => {
    // An unread port does not notice an unplugged cable; what it sends is nobody's business.
    port.on("data", () => undefined);
    port.on("error", (error) => queue.end(lost(address, error)));
    port.on("close", (error: Error | null) => queue.end(error === null ? undefined : lost(address, error)));
  });
  try {
    push(queue, await inputsOf(port));
  } catch (error) {
    await closed(port);
    throw linesFault(address, error);
  }
  const stop = poll(port, queue, address, clock);
  port.once("close", stop);
  return { link: linkOf(port, queue, address), simulated, resolved };
}

/** Asks again and again until the returned function is called; a port that cannot answer any more is lost. */
function poll(port: SerialPort, queue: PacketQueue, address: string, clock: Clock): () => void {
  let asking = false;
  let told = "";
  let polls = 0;
  return clock.every(POLL_MS, () => {
    polls += 1;
    if (asking || !port.isOpen) return;
    asking = true;
    inputsOf(port).then(
      (inputs) => {
        asking = false;
        const now = JSON.stringify(inputs);
        if (now === told && polls < REPEAT_POLLS) return;
        told = now;
        polls = 0;
        push(queue, inputs);
      },
      (error: unknown) => {
        asking = false;
        queue.end(lost(address, error));
      },
    );
  });
}

const push = (queue: PacketQueue, inputs: ModemInputs): void =>
  queue.push({ channel: INPUTS_CHANNEL, bytes: MODEM_INPUTS.encode(inputs) });

function inputsOf(port: SerialPort): Promise<ModemInputs> {
  return new Promise((resolve, reject) => {
    port.get((error, lines) => {
      if (error !== null) reject(error);
      else if (lines === undefined) reject(new Error("the port did not say how its lines stand"));
      else resolve({ cts: lines.cts, dsr: lines.dsr, dcd: lines.dcd, ri: false });
    });
  });
}

function linkOf(port: SerialPort, queue: PacketQueue, address: string): PacketLink {
  return {
    chunks: queue.chunks,
    write: ({ channel, bytes }) =>
      new Promise((resolve, reject) => {
        if (channel !== OUTPUTS_CHANNEL || bytes.length !== 1 || MODEM_OUTPUTS.check(bytes, 0) !== 0) {
          return reject(new Fault("DEVICE_REFUSED", `The modem lines of ${address} take DTR and RTS only.`));
        }
        if (!port.isOpen) return reject(lost(address, new Error("it is closed")));
        port.set(MODEM_OUTPUTS.decode(bytes, 0), (error) => {
          if (error === null || error === undefined) resolve();
          else reject(lost(address, error));
        });
      }),
    async close() {
      queue.end();
      await closed(port);
    },
  };
}

function linesFault(address: string, error: unknown): Fault {
  if (HUNG_UP.test(messageOf(error))) return lost(address, error);
  return new Fault("LINK_REFUSED", `The port ${address} has no modem lines: ${messageOf(error)}.`, {
    fix: "A contact needs an RS-232 adapter with CTS, DSR and DCD; a virtual port or a three-wire adapter has none.",
    permanent: true,
    cause: error,
  });
}
