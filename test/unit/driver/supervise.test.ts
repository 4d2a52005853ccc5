import { describe, expect, test } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import type { Observation } from "../../../src/domain/observation.ts";
import { wall } from "../../../src/domain/time.ts";
import type { BytesModule, DeviceReading, DriverContext } from "../../../src/driver/contract.ts";
import { type LinkState, supervise } from "../../../src/driver/supervise.ts";
import type { Links, OpenLink } from "../../../src/port/link.ts";
import type { Log } from "../../../src/port/log.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createMemoryLinks } from "../../../src/transport/memory.ts";
import { byteLinks } from "../../support/byte-links.ts";

/** Each byte is an SpO2; 0 makes the driver throw, 1 is noise, 200 and more an identity. */
async function* byteDriver({ link, trace }: DriverContext): AsyncGenerator<DeviceReading> {
  for await (const chunk of link.chunks) {
    for (const byte of chunk) {
      if (byte === 0) throw new TypeError("a mistake in the driver");
      if (byte === 1) trace.reject(Uint8Array.of(byte), "one is noise");
      else {
        trace.frame(Uint8Array.of(byte), () => `value ${byte}`);
        yield byte < 200
          ? { body: { kind: "samples", samples: { spo2: byte } } }
          : { body: { kind: "identity", serial: String(byte) } };
      }
    }
  }
}

const MODULE: BytesModule = {
  id: "test-bytes",
  vendor: "Test",
  model: "Bytes",
  role: "oximeter",
  link: "bytes",
  timeliness: "live",
  evidence: "unproven",
  facts: {
    connection: "cable",
    power: "mains",
    night: { suited: "yes", reason: "a test" },
    evidence: "none",
  },
  options: {},
  serial: () => ({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs: () => 3000,
  signals: () => ["spo2"],
  waves: [],
  observe: byteDriver,
  simulate: () => Promise.resolve(),
};

interface Given {
  readonly module?: Partial<BytesModule>;
  readonly links?: Links;
  readonly onObservation?: (observation: Observation) => void;
}

function setUp({ module = {}, links: given, onObservation }: Given = {}) {
  const clock = createVirtualClock(wall(1_700_000_000_000));
  const memory = createMemoryLinks();
  const cable = memory.cable("x");
  let opened = 0;
  const links =
    given ??
    byteLinks(async (address) => {
      opened += 1;
      return memory.open(address.slice("memory:".length));
    });
  const notes: { event: string; code: unknown }[] = [];
  const log: Log = { note: (event, fields) => notes.push({ event, code: fields?.["code"] }) };
  const heard: Observation[] = [];
  const states: LinkState[] = [];
  const swaps: unknown[] = [];
  const supervisor = supervise({
    module: { ...MODULE, ...module },
    device: "d",
    bed: "b1",
    zone: "UTC",
    epoch: "e",
    address: "memory:x",
    options: {},
    links,
    clock,
    random: createSeededRandom(5),
    log,
    serialNumber: "200",
    onObservation(observation) {
      heard.push(observation);
      onObservation?.(observation);
    },
    onChange: () => states.push(supervisor.view().link),
    onSwap: (swap) => swaps.push(swap),
  });
  const say = async (...bytes: number[]): Promise<void> => {
    await cable.device.write(Uint8Array.from(bytes));
    await settle();
  };
  return { clock, cable, supervisor, notes, heard, states, swaps, say, opened: () => opened };
}

const events = (notes: readonly { event: string }[]): string[] => notes.map(({ event }) => event);

describe("a supervised device", () => {
  test("is read as soon as it is opened; what it says is stamped and marked simulated", async () => {
    const { supervisor, say, heard, clock } = setUp();
    supervisor.start();
    await settle();
    expect(supervisor.view().link).toBe("open");
    await say(97);
    expect(heard).toMatchObject([
      { device: "d", bed: "b1", epoch: "e", seq: 0, simulated: true, body: { samples: { spo2: 97 } } },
    ]);
    await clock.advance(700);
    expect(supervisor.view()).toMatchObject({ ageMs: 700, simulated: true, resolved: "memory:x" });
    await supervisor.stop();
    expect(clock.pending).toBe(0);
  });

  test("hands an observation on in the turn in which its byte arrived", async () => {
    const { supervisor, cable, heard } = setUp();
    supervisor.start();
    await settle();
    let inTurn = -1;
    setImmediate(() => {
      inTurn = heard.length;
    });
    await cable.device.write(Uint8Array.of(97));
    await settle();
    expect(inTurn).toBe(1);
    await supervisor.stop();
  });

  test("that loses its cable is opened again within a second of its return, with seq and counters going on", async () => {
    const { supervisor, say, heard, clock, cable, states } = setUp();
    supervisor.start();
    await settle();
    await say(97);
    cable.unplug();
    await clock.advance(60_000);
    expect(supervisor.view()).toMatchObject({ link: "lost", problem: expect.stringContaining("memory:x") });
    cable.plugIn();
    await clock.advance(500);
    expect(supervisor.view().link).toBe("open");
    await say(96);
    expect(heard.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(supervisor.view()).toMatchObject({
      counters: { reopens: 1, observations: 2, bytes: 2, frames: 2 },
    });
    expect(supervisor.view()).not.toHaveProperty("problem");
    expect(states).toEqual(["open", "lost", "lost", "open"]);
    await supervisor.stop();
  });

  test("that is pulled and put back fifty times is read again each time, with nothing left behind", async () => {
    const { supervisor, say, heard, clock, cable } = setUp();
    supervisor.start();
    await settle();
    for (let i = 0; i < 50; i++) {
      cable.unplug();
      await clock.advance(i * 37);
      cable.plugIn();
      await clock.advance(500);
      await say(90);
      expect(heard).toHaveLength(i + 1);
    }
    // One watchdog is waiting, nothing else.
    expect(clock.pending).toBe(1);
    await supervisor.stop();
    expect(clock.pending).toBe(0);
  });

  test("that says nothing is reopened after its quiet time, and its state says quiet until it speaks", async () => {
    const { supervisor, say, clock, states, opened, notes } = setUp();
    supervisor.start();
    await clock.advance(2999);
    expect(supervisor.view().link).toBe("open");
    await clock.advance(1);
    expect(supervisor.view()).toMatchObject({
      link: "quiet",
      problem: expect.stringMatching(/nothing has arrived.*cable/),
    });
    await clock.advance(120_000);
    expect(opened()).toBeGreaterThan(15);
    expect(states).toEqual(["open", "quiet"]);
    expect(events(notes)).toEqual(["link.quiet"]);
    await say(97);
    // Between two openings nobody listens.
    if (supervisor.view().link === "quiet") {
      await clock.advance(4000);
      await say(97);
    }
    expect(supervisor.view().link).toBe("open");
    expect(supervisor.view()).not.toHaveProperty("problem");
    await supervisor.stop();
  });

  test("that falls silent after it spoke is said to be silent, not to talk nonsense", async () => {
    const { supervisor, say, clock } = setUp();
    supervisor.start();
    await settle();
    await say(97);
    expect(supervisor.view().link).toBe("open");
    await clock.advance(3000);
    expect(supervisor.view()).toMatchObject({
      link: "quiet",
      problem: expect.stringMatching(/nothing has arrived.*cable/),
    });
    await supervisor.stop();
  });

  test("that sends only bytes without sense is quiet too, with another sentence", async () => {
    const { supervisor, say, clock } = setUp();
    supervisor.start();
    await settle();
    for (let i = 0; i < 3; i++) {
      await say(1, 1, 1);
      await clock.advance(1000);
    }
    expect(supervisor.view()).toMatchObject({
      link: "quiet",
      problem: expect.stringContaining("none made sense"),
      counters: { rejects: 9, frames: 0 },
    });
    await supervisor.stop();
  });

  test("is not quiet while frames come, however slowly the watchdog looks", async () => {
    const { supervisor, say, clock, opened } = setUp();
    supervisor.start();
    await settle();
    for (let i = 0; i < 20; i++) {
      await say(97);
      await clock.advance(2900);
    }
    expect(opened()).toBe(1);
    await supervisor.stop();
  });

  test("counts readings further apart than its quiet time, whether or not the port was reopened", async () => {
    const { supervisor, say, clock } = setUp();
    supervisor.start();
    await settle();
    for (const pauseMs of [1_000, 2_900, 3_200, 1_000, 20_000]) {
      await say(97);
      await clock.advance(pauseMs);
    }
    await say(97);
    expect(supervisor.view().counters).toMatchObject({ observations: 6, gaps: 2 });
    await supervisor.stop();
  });

  test("tells how long bytes took to become an observation, the newest and the worst", async () => {
    const { supervisor, say, clock } = setUp({
      module: {
        // Says what it heard a while after it heard it.
        async *observe({ link, clock: time }) {
          for await (const [byte = 0] of link.chunks) {
            await time.sleep(byte);
            yield { body: { kind: "samples", samples: { spo2: byte } } };
          }
        },
      },
    });
    supervisor.start();
    await settle();
    expect(supervisor.view()).not.toHaveProperty("latency");
    for (const byte of [97, 40]) {
      await say(byte);
      await clock.advance(500);
    }
    expect(supervisor.view().latency).toEqual({ newestMs: 40, worstMs: 97 });
    await supervisor.stop();
  });

  test("whose driver fails is started again, more slowly each time, and noted once", async () => {
    const { supervisor, say, clock, notes, opened, heard } = setUp();
    supervisor.start();
    await settle();
    for (let i = 0; i < 200; i++) {
      await say(0);
      await clock.advance(250);
    }
    expect(opened()).toBeGreaterThan(10);
    expect(opened()).toBeLessThan(140);
    expect(notes.filter(({ event }) => event === "link.refused")).toHaveLength(1);
    expect(supervisor.view().problem).toContain("a mistake in the driver");
    for (let i = 0; i < 10; i++) {
      await clock.advance(500);
      await say(97);
    }
    expect(heard.length).toBeGreaterThan(0);
    expect(supervisor.view().link).toBe("open");
    await supervisor.stop();
  });

  test("goes on when what listens throws", async () => {
    const { supervisor, say, notes, heard } = setUp({
      onObservation: () => {
        throw new Error("not me");
      },
    });
    supervisor.start();
    await settle();
    await say(97, 98);
    expect(heard).toHaveLength(2);
    expect(events(notes).filter((event) => event === "observation.refused")).toHaveLength(2);
    await supervisor.stop();
  });

  test("that is another one than before is reported, and its data still taken", async () => {
    const { supervisor, say, swaps, notes, heard } = setUp();
    supervisor.start();
    await settle();
    await say(200);
    expect(swaps).toEqual([]);
    await say(201, 201, 97);
    expect(swaps).toEqual([{ from: "200", to: "201" }]);
    expect(events(notes)).toContain("device.swapped");
    expect(heard).toHaveLength(4);
    expect(supervisor.view().serial).toEqual({ found: "201", bound: "200" });
    // The foreign one does not become ours by being there; the right one is taken back without a word.
    await say(200, 201);
    expect(swaps).toHaveLength(1);
    expect(supervisor.view().serial?.bound).toBe("200");
    expect(supervisor.bindFound()).toBe("201");
    expect(supervisor.view().serial).toEqual({ found: "201", bound: "201" });
    await supervisor.stop();
  });

  test("remembers its newest fifty frames and explains them when asked", async () => {
    const { supervisor, say } = setUp();
    supervisor.start();
    await settle();
    for (let i = 0; i < 60; i++) await say(100 + i);
    await say(1);
    const frames = supervisor.frames();
    expect(frames).toHaveLength(50);
    expect(frames.at(-1)).toMatchObject({ direction: "rejected", hex: "01", meaning: "one is noise" });
    expect(frames.at(-2)).toMatchObject({ direction: "in", hex: "9F", meaning: "value 159" });
    expect(frames[0]).toMatchObject({ meaning: "value 111" });
    await supervisor.stop();
  });
});

describe("a link that cannot be had", () => {
  const refusing = (fault: Fault): Links => byteLinks(() => Promise.reject(fault));

  test("is looked for several times a second when it is not there", async () => {
    let looks = 0;
    const fault = new Fault("LINK_NOT_FOUND", "There is no port /dev/x.", { fix: "Plug it in." });
    const open = (): Promise<OpenLink> => {
      looks += 1;
      return Promise.reject(fault);
    };
    const { supervisor, clock, states, notes } = setUp({ links: byteLinks(open) });
    supervisor.start();
    await clock.advance(10_000);
    expect(looks).toBeGreaterThan(25);
    expect(looks).toBeLessThan(60);
    expect(supervisor.view()).toMatchObject({
      link: "lost",
      problem: "There is no port /dev/x. Plug it in.",
    });
    expect(states).toEqual(["lost"]);
    expect(notes).toEqual([{ event: "link.lost", code: "LINK_NOT_FOUND" }]);
    await supervisor.stop();
  });

  test("is tried every few seconds when it refuses", async () => {
    const fault = new Fault("LINK_REFUSED", "No.", { fix: "Ask." });
    const { supervisor, clock } = setUp({ links: refusing(fault) });
    supervisor.start();
    await clock.advance(60_000);
    expect(supervisor.view()).toMatchObject({ link: "refused", problem: "No. Ask." });
    await supervisor.stop();
    expect(clock.pending).toBe(0);
  });

  test("does not stop the program when it fails in a way nobody foresaw", async () => {
    const links = byteLinks(() => Promise.reject(new TypeError("odd")));
    const { supervisor, clock } = setUp({ links });
    supervisor.start();
    await clock.advance(5000);
    expect(supervisor.view()).toMatchObject({ link: "refused", problem: expect.stringContaining("odd") });
    await supervisor.stop();
  });

  test("that opens too late is closed again", async () => {
    let closed = 0;
    let finish: (opened: OpenLink) => void = () => undefined;
    const late: OpenLink = {
      link: {
        chunks: { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) },
        write: () => Promise.resolve(),
        async close() {
          closed += 1;
        },
      },
      simulated: false,
      resolved: "x",
    };
    const open = (): Promise<OpenLink> =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const { supervisor, clock } = setUp({ links: byteLinks(open) });
    supervisor.start();
    await clock.advance(10_000);
    expect(supervisor.view()).toMatchObject({
      link: "refused",
      problem: expect.stringContaining("within 10 s"),
    });
    finish(late);
    await settle();
    expect(closed).toBe(1);
    const stopping = supervisor.stop();
    await clock.advance(2000);
    await stopping;
    expect(clock.pending).toBe(0);
  });
});

describe("stopping", () => {
  test("before starting is fine, and starting afterwards does nothing", async () => {
    const { supervisor, opened } = setUp();
    await supervisor.stop();
    supervisor.start();
    await settle();
    expect(opened()).toBe(0);
    expect(supervisor.view().link).toBe("stopped");
  });

  test("does not wait for ever for a driver that does not return", async () => {
    const stuck: BytesModule["observe"] = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    });
    const { supervisor, clock, notes } = setUp({ module: { observe: stuck } });
    supervisor.start();
    await settle();
    const stopping = supervisor.stop();
    await clock.advance(2000);
    await stopping;
    expect(events(notes)).toContain("driver.stuck");
    expect(clock.pending).toBe(0);
  });

  test("starting twice opens once", async () => {
    const { supervisor, opened } = setUp();
    supervisor.start();
    supervisor.start();
    await settle();
    expect(opened()).toBe(1);
    await supervisor.stop();
  });
});
