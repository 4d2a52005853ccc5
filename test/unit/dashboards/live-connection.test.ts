import { describe, expect, test } from "vitest";
import { LiveConnection, type SocketEvents } from "../../../dashboards/shared/live-connection.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

const HEARTBEAT = JSON.stringify({ kind: "heartbeat", at: 1 });
const STATE = JSON.stringify({ kind: "state", at: 1, beds: [] });

/** A connection over sockets that the test opens, feeds and breaks. */
function arrange() {
  const clock = createVirtualClock(wall(0));
  const sockets: { events: SocketEvents; sent: string[]; closed: boolean }[] = [];
  const phases: string[] = [];
  const messages: string[] = [];
  const connection = new LiveConnection({
    clock,
    random: createSeededRandom(7),
    open(events) {
      const socket = { events, sent: [] as string[], closed: false };
      sockets.push(socket);
      return {
        send: (text) => socket.sent.push(text),
        close: () => {
          socket.closed = true;
        },
      };
    },
    onMessage: (message) => messages.push(message.kind),
    onPhase: (phase) => phases.push(phase),
  });
  const newest = () => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error("nothing was opened");
    return socket;
  };
  return { clock, connection, sockets, phases, messages, newest };
}

describe("the live connection of a page", () => {
  test("is live with the first message, not with the open socket", async () => {
    const { connection, newest, phases } = arrange();
    connection.start();
    newest().events.opened();
    expect(phases).toEqual([]);
    newest().events.message(STATE);
    expect(phases).toEqual(["live"]);
  });

  test("is lost at once when the socket closes, and opens another one", async () => {
    const { clock, connection, sockets, newest, phases } = arrange();
    connection.start();
    newest().events.message(STATE);
    newest().events.closed();
    expect(phases).toEqual(["live", "lost"]);
    await clock.advance(1_000);
    expect(sockets).toHaveLength(2);
    newest().events.message(STATE);
    expect(phases).toEqual(["live", "lost", "live"]);
  });

  test("calls 12 seconds of silence a loss, though the socket stays open", async () => {
    const { clock, connection, sockets, newest, phases } = arrange();
    connection.start();
    newest().events.message(STATE);
    for (let beats = 0; beats < 3; beats += 1) {
      await clock.advance(5_000);
      newest().events.message(HEARTBEAT);
    }
    await clock.advance(11_000);
    expect(phases).toEqual(["live"]);
    await clock.advance(1_000);
    expect(phases).toEqual(["live", "lost"]);
    expect(sockets[0]?.closed).toBe(true);
  });

  test("does not hear a socket that it has given up", async () => {
    const { clock, connection, sockets, newest, phases, messages } = arrange();
    connection.start();
    newest().events.message(STATE);
    await clock.advance(12_000);
    sockets[0]?.events.message(STATE);
    sockets[0]?.events.closed();
    expect(phases).toEqual(["live", "lost"]);
    expect(messages).toHaveLength(1);
  });

  test("a page that opens without any server says so within a few seconds", async () => {
    const { connection, newest, phases } = arrange();
    connection.start();
    newest().events.closed();
    expect(phases).toEqual(["lost"]);
  });

  test("gives an attempt that hangs 8 seconds, then tries again", async () => {
    const { clock, connection, sockets, phases } = arrange();
    connection.start();
    await clock.advance(7_000);
    expect(sockets).toHaveLength(1);
    await clock.advance(3_000);
    expect(sockets.length).toBeGreaterThan(1);
    expect(phases).toEqual(["lost"]);
  });

  test("waits longer after each failure, never much more than 8 seconds, and no two pages wait alike", async () => {
    const pauses: number[] = [];
    const { clock, connection, sockets, newest } = arrange();
    connection.start();
    for (let tries = 0; tries < 12; tries += 1) {
      const before = clock.mono();
      const opened = sockets.length;
      newest().events.closed();
      while (sockets.length === opened) await clock.advance(50);
      pauses.push(clock.mono() - before);
    }
    expect(Math.max(...pauses)).toBeLessThanOrEqual(12_050);
    expect(pauses[0]).toBeLessThan(1_000);
    expect(new Set(pauses.slice(5)).size).toBeGreaterThan(3);
  });

  test("asks again for waves after a reconnection, and only for what is still wanted", async () => {
    const { clock, connection, newest } = arrange();
    connection.start();
    newest().events.opened();
    connection.request({ kind: "waves", bed: "b1", on: false });
    connection.request({ kind: "waves", bed: "b1", on: true });
    newest().events.closed();
    await clock.advance(1_000);
    newest().events.opened();
    expect(newest().sent).toEqual([JSON.stringify({ kind: "waves", bed: "b1", on: true })]);
  });

  test("a phone that slept counts the time it slept", async () => {
    const { clock, connection, newest, phases } = arrange();
    connection.start();
    newest().events.message(STATE);
    // The monotonic clock stood still while the phone slept; only the wall clock went on.
    clock.stepWall(60_000);
    await clock.advance(1_000);
    expect(phases).toEqual(["live", "lost"]);
  });

  test.each(["", "{", "[]", "null", '"state"', '{"kind":"state"}', '{"kind":"news"}'])(
    "passes over %j",
    (text) => {
      const { connection, newest, phases, messages } = arrange();
      connection.start();
      newest().events.message(text);
      expect({ phases, messages }).toEqual({ phases: [], messages: [] });
    },
  );

  test("leaves no timer and no socket behind when stopped", async () => {
    const { clock, connection, newest } = arrange();
    connection.start();
    newest().events.message(STATE);
    newest().events.closed();
    connection.stop();
    expect(clock.pending).toBe(0);
    expect(newest().closed).toBe(true);
  });
});
