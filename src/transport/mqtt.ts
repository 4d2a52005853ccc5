import { Socket } from "node:net";
import { connect, ErrorWithReasonCode, type MqttClient } from "mqtt";
import { shownAddress } from "../domain/address.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { OpenLink, PacketLink } from "../port/link.ts";
import { createPacketQueue, type PacketQueue } from "./chunk-queue.ts";

/** A broker that does not take us and our subscriptions by then is given up. */
const CONNECT_MS = 5_000;
/** A broker that vanished without a word is noticed in one and a half times this. */
const KEEP_ALIVE_S = 15;
/** No device says more at once; a camera on the same topic would. */
const PAYLOAD_BYTES_MAX = 64 << 10;
/** The library gathers a whole message, of up to 256 MB, before it shows it: a broker that sends so much is left. */
const UNFINISHED_BYTES_MAX = 4 << 20;

/**
 * Listens to topics of a broker, `mqtt://[USER:PASSWORD@]HOST[:PORT]/`, over TLS with `mqtts:`; what follows the host
 * names the device and is the family's business. Retained messages are passed on like any other, and their age is not
 * known: a family that takes a state from one must wait for the next. Listens only: a plug that feeds a ventilator
 * must never be switched from here. Rejects with LINK_NOT_FOUND, LINK_REFUSED, or the signal's reason.
 */
export async function openMessages(
  address: string,
  topics: readonly string[],
  signal: AbortSignal,
  clock: Clock,
): Promise<OpenLink<PacketLink>> {
  const url = parse(address);
  const broker = `${url.protocol}//${url.host}`;
  const client = connect(broker, {
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    reconnectPeriod: 0,
    connectTimeout: CONNECT_MS,
    keepalive: KEEP_ALIVE_S,
    clean: true,
    resubscribe: false,
  });
  const queue = createPacketQueue();
  let unfinished = 0;
  client.on("packetreceive", () => {
    unfinished = 0;
  });
  client.stream.on("data", (bytes: Uint8Array) => {
    unfinished += bytes.length;
    if (unfinished > UNFINISHED_BYTES_MAX) client.stream.destroy(new Error("a message is too long"));
  });
  client.on("message", (topic, payload) => {
    if (payload.length <= PAYLOAD_BYTES_MAX) queue.push({ channel: topic, bytes: new Uint8Array(payload) });
  });
  try {
    await listening(client, { broker, topics, signal, clock });
  } catch (error) {
    client.end(true);
    throw error;
  }
  client.on("error", (error) => queue.end(lost(broker, messageOf(error))));
  client.on("close", () => queue.end(lost(broker, "it closed the connection")));
  return { link: linkOf(client, queue, broker), simulated: false, resolved: shownAddress(address) };
}

function parse(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && url.hostname !== "" && !/%(?![\da-f]{2})/i.test(url.username + url.password))
    return url;
  throw new Fault("LINK_REFUSED", `${shownAddress(address)} is not the address of a broker.`, {
    fix: "Write mqtt://HOST/, as in mqtt://192.168.1.10/; a port as HOST:PORT, a user as USER:PASSWORD@HOST.",
    permanent: true,
  });
}

interface Wanted {
  readonly broker: string;
  readonly topics: readonly string[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Resolves once the broker has granted every topic. */
function listening(client: MqttClient, { broker, topics, signal, clock }: Wanted): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      cancel();
      signal.removeEventListener("abort", give);
      client.off("connect", subscribe);
      client.off("error", fail);
      client.off("close", closed);
      // An error on the way out has nobody left to tell.
      client.on("error", () => undefined);
      act();
    };
    const give = (): void => settle(() => reject(reasonOf(signal)));
    const fail = (error: unknown): void => settle(() => reject(openFault(broker, error)));
    const closed = (): void => fail(new Error("it closed the connection"));
    const subscribe = (): void => {
      if (client.stream instanceof Socket) client.stream.setNoDelay(true);
      client.subscribe([...topics], { qos: 1 }, (error, granted = []) => {
        // The library makes an error of a refusal by the broker; while the connection holds it was one.
        const isRefused = error !== null && client.connected;
        const refused = isRefused
          ? topics
          : granted.filter(({ qos }) => qos === 128).map(({ topic }) => topic);
        if (refused.length > 0) settle(() => reject(notGranted(broker, refused)));
        else if (error === null) settle(resolve);
        else fail(error);
      });
    };
    const cancel = clock.after(CONNECT_MS, () => fail(new Error(`no answer in ${CONNECT_MS / 1000} s`)));
    signal.addEventListener("abort", give, { once: true });
    client.once("connect", subscribe);
    client.on("error", fail);
    client.once("close", closed);
    if (signal.aborted) give();
  });
}

const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error("no longer wanted");

function linkOf(client: MqttClient, queue: PacketQueue, broker: string): PacketLink {
  return {
    chunks: queue.chunks,
    write: () =>
      Promise.reject(
        new Fault("DEVICE_REFUSED", `Nothing is sent to devices at ${broker}: they are only listened to.`),
      ),
    async close() {
      queue.end();
      await new Promise<void>((resolve) => {
        client.end(true, () => resolve());
      });
    },
  };
}

const lost = (broker: string, why: string): Fault =>
  new Fault("LINK_LOST", `The broker ${broker} went away: ${why}.`, {
    fix: "It is connected again by itself. Check the broker's program and its network.",
  });

const notGranted = (broker: string, topics: readonly string[]): Fault =>
  new Fault("LINK_REFUSED", `The broker ${broker} does not let us listen to ${topics.join(", ")}.`, {
    fix: "Give this user the right to read these topics.",
  });

/** MQTT 3.1.1, table 3.1: bad user name or password, not authorised. */
const NOT_LET_IN = [4, 5];

function openFault(broker: string, error: unknown): Fault {
  if (error instanceof ErrorWithReasonCode && NOT_LET_IN.includes(error.code)) {
    return new Fault("LINK_REFUSED", `The broker ${broker} does not let us in: ${error.message}.`, {
      fix: "Put user and password into the address: mqtt://USER:PASSWORD@HOST/.",
      cause: error,
    });
  }
  return new Fault("LINK_NOT_FOUND", `The broker ${broker} is not reached: ${messageOf(error)}.`, {
    fix: "Check that the broker runs, its address and its port (1883, with TLS 8883).",
    cause: error,
  });
}
