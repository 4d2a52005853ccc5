import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Button, createKeyPort, type KeyPort, type KeyPortState } from "../../../src/driver/key-port.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createLinks } from "../../../src/transport/links.ts";
import { createMemoryLinks, type MemoryLinks } from "../../../src/transport/memory.ts";
import { INPUTS_CHANNEL, MODEM_INPUTS } from "../../../src/wire/modem-lines.ts";
import { NIGHT } from "../../support/alarms.ts";
import { keyEvent, keyPress } from "../../support/key-events.ts";

let clock: VirtualClock;
let memory: MemoryLinks;
let pressed: string[];
let states: KeyPortState[];
let port: KeyPort;

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  memory = createMemoryLinks(clock);
  [pressed, states] = [[], []];
});
afterEach(() => port.stop());

async function start(buttons: readonly Button[]): Promise<void> {
  memory.cable("button");
  port = createKeyPort({
    ...{ address: "memory:button", buttons, clock, links: createLinks({ clock, memory }) },
    ...{ random: createSeededRandom(1), log: { note: () => undefined } },
    onPress: (button, simulated) => pressed.push(`${button}${simulated ? " simulated" : ""}`),
    onState: (state) => states.push(state),
  });
  port.start();
  await clock.advance(100);
}

const says = async (bytes: Uint8Array, thenMs = 2_000): Promise<void> => {
  await memory.cable("button").device.write(bytes);
  await clock.advance(thenMs);
};

describe("keys of an input device", () => {
  test("each button has its own code, and all of one port are read through one link", async () => {
    await start([
      { kind: "key", code: 28 },
      { kind: "key", code: 57 },
    ]);
    await says(keyPress(57));
    await says(keyPress(28));
    await says(keyPress(30));
    expect(pressed).toEqual(["1 simulated", "0 simulated"]);
    expect(states).toEqual([{ ok: true, detail: "memory:button" }]);
  });

  test("without a code any key is the button; held down it is one press", async () => {
    await start([{ kind: "key" }]);
    await says(keyEvent(30, 1), 250);
    for (let n = 0; n < 400; n++) await says(keyEvent(30, 2), 33);
    await says(keyEvent(30, 0));
    expect(pressed).toHaveLength(1);
    await says(keyPress(31));
    expect(pressed).toHaveLength(2);
  });

  test("a key that is stuck stays one press while its cable comes and goes", async () => {
    await start([{ kind: "key" }]);
    for (let n = 0; n < 10; n++) {
      await says(keyPress(30), 300);
      memory.cable("button").unplug();
      memory.cable("button").plugIn();
      await clock.advance(450);
    }
    expect(pressed).toHaveLength(1);
  });

  test("a cable that is pulled is told, and the button works again when it is back", async () => {
    await start([{ kind: "key" }]);
    memory.cable("button").unplug();
    await clock.advance(5_000);
    expect(states.at(-1)).toMatchObject({ ok: false, detail: expect.stringContaining("memory:button") });
    memory.cable("button").plugIn();
    await clock.advance(5_000);
    expect(states.at(-1)).toEqual({ ok: true, detail: "memory:button" });
    await says(keyPress(30));
    expect(pressed).toHaveLength(1);
  });
});

describe("contacts on modem lines", () => {
  const lines = async (on: readonly ("cts" | "dsr" | "dcd")[], thenMs = 1_000): Promise<void> => {
    const inputs = { cts: on.includes("cts"), dsr: on.includes("dsr"), dcd: on.includes("dcd"), ri: false };
    await memory
      .cable("button")
      .packets.write({ channel: INPUTS_CHANNEL, bytes: MODEM_INPUTS.encode(inputs) });
    await clock.advance(thenMs);
  };
  const contact = (line: "cts" | "dsr" | "dcd", pressed: "closed" | "open" = "closed"): Button => ({
    ...{ kind: "contact", line, pressed },
  });

  test("each line is a button; closing it is the press, and letting go is none", async () => {
    await start([contact("cts"), contact("dsr")]);
    await lines([]);
    await lines(["dsr"]);
    await lines([]);
    await lines(["cts"]);
    await lines([]);
    expect(pressed).toEqual(["1 simulated", "0 simulated"]);
  });

  test("one that opens when it is pressed works the other way round", async () => {
    await start([contact("cts", "open")]);
    await lines(["cts"]);
    await lines([]);
    expect(pressed).toHaveLength(1);
  });

  test("one that is closed when the port opens was not pressed now", async () => {
    await start([contact("cts")]);
    await lines(["cts"]);
    await lines(["cts"]);
    expect(pressed).toEqual([]);
    await lines([], 2_000);
    await lines(["cts"]);
    expect(pressed).toHaveLength(1);
  });

  test("a port that falls silent is told and opened again", async () => {
    await start([contact("cts")]);
    await lines([]);
    expect(states.at(-1)).toMatchObject({ ok: true });
    await clock.advance(6_000);
    expect(states.at(-1)).toMatchObject({
      ok: false,
      detail: expect.stringContaining("does not tell its lines"),
    });
    await lines([], 6_000);
    await lines([]);
    await lines(["cts"]);
    expect(pressed).toHaveLength(1);
  });
});

test("a port that is not there is looked for until it is stopped, and then no timer is left", async () => {
  memory = createMemoryLinks(clock);
  port = createKeyPort({
    ...{
      address: "memory:nowhere",
      buttons: [{ kind: "key" }],
      clock,
      links: createLinks({ clock, memory }),
    },
    ...{ random: createSeededRandom(1), log: { note: () => undefined } },
    onPress: () => pressed.push("pressed"),
    onState: (state) => states.push(state),
  });
  port.start();
  await clock.advance(60_000);
  expect(states).toHaveLength(1);
  expect(states[0]?.ok).toBe(false);
  const stopped = port.stop();
  await clock.advance(0);
  await stopped;
  expect(clock.pending).toBe(0);
});
