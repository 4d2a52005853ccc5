/*
 * The homes of `bench hub`, a program of its own: each says a row of 15 signals a second at QoS 1.
 *
 *   node hub-fleet.ts PORT USER PASSWORD
 *
 * A line on stdin is a number and, after a space, how many homes there are from now on (nothing: as many as before); it
 * answers with the number and how many messages it has sent in all. The
 * packets are made by hand: what is measured is the hub, and a client for each home would take the machine from it.
 */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { encodeObservation } from "../bus/observation.ts";
import { deviceTopic } from "../bus/topics.ts";
import { mono, SECOND_MS, wall } from "../domain/time.ts";
import { createClock } from "../ops/clock.ts";
import { homeName } from "./fleet-names.ts";
import { wanderingRows } from "./store-data.ts";

const [port = "", user = "", password = ""] = process.argv.slice(2);
const CONNECTIONS = 8;
const STEP_MS = 10;
const EPOCH = "benchaaaaa";
const TIMES = 97;

const clock = createClock();
/** What is said is the same in all homes, at different times: made once, around its number and its time. */
const COUNTED = '"seq":0,"at":0,';
const said = [...wanderingRows("b1", { from: 0, hours: TIMES / 3_600, stepSeconds: 1, seed: 1 })].map(
  ({ samples }) => {
    const payload = encodeObservation({
      ...{
        device: "oximeteraa",
        bed: "b1",
        epoch: EPOCH,
        seq: 0,
        at: wall(0),
        mono: mono(0),
        simulated: true,
      },
      ...{ timeliness: "live", body: { kind: "samples", samples } },
    });
    const at = payload.indexOf(COUNTED);
    if (at === -1) throw new RangeError(`an observation is not what it was: ${payload}`);
    return [payload.slice(0, at), payload.slice(at + COUNTED.length)] as const;
  },
);
const payloadOf = (index: number, seq: number): string => {
  const [before = "", after = ""] = said[index % said.length] ?? [];
  return `${before}"seq":${seq},"at":${clock.wall()},${after}`;
};

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

/** Type and flags, the length in sevens of bits, the rest. */
const packet = (first: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; length.length === 0 || left > 0; left >>= 7) {
    length.push((left & 127) | (left > 127 ? 128 : 0));
  }
  return Buffer.concat([Buffer.from([first, ...length]), body]);
};

async function open(index: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.once("data", () => resolve());
  // MQTT 3.1.1, a clean session with a user, and no keep-alive: it is never silent for long.
  const header = Buffer.from([4, 0b1100_0010, 0, 0]);
  socket.write(packet(0x10, text("MQTT"), header, text(`fleet-${index}`), text(user), text(password)));
  await promise;
  socket.removeListener("error", reject);
  socket.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  // Acknowledgements are read and not looked at: what is missing shows at the store.
  socket.resume();
  return socket;
}

const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => open(index)));
const topics: Buffer[] = [];
const seqs: number[] = [];
let homes = 0;
let sent = 0;

const say = (home: number, socket: Socket): void => {
  topics[home] ??= text(deviceTopic(homeName(home), "b1", "observation", "oximeteraa"));
  const seq = seqs[home] ?? 0;
  seqs[home] = seq + 1;
  const id = Buffer.from([1 + (sent % 250), 1 + ((sent / 250) % 250)]);
  socket.write(
    packet(0x32, topics[home] ?? Buffer.alloc(0), id, Buffer.from(payloadOf(seq + home * 31, seq), "latin1")),
  );
  sent++;
};

/** Homes speak one after the other, spread over each second. */
let spoken = 0;
let startedAt = clock.mono();
clock.every(STEP_MS, () => {
  const due = Math.floor(((clock.mono() - startedAt) / SECOND_MS) * homes);
  for (const socket of sockets) socket.cork();
  // Who fell behind by more than a second has missed it: a home says the present.
  if (due - spoken > homes) spoken = due - homes;
  for (; spoken < due; spoken++) {
    const home = spoken % homes;
    const socket = sockets[home % CONNECTIONS];
    if (socket !== undefined) say(home, socket);
  }
  for (const socket of sockets) socket.uncork();
});

createInterface(process.stdin).on("line", (line) => {
  const [id, wanted = ""] = line.split(" ");
  if (wanted !== "") {
    homes = Number(wanted);
    spoken = 0;
    startedAt = clock.mono();
  }
  process.stdout.write(`sent ${id} ${sent}\n`);
});
process.stdout.write("ready\n");
