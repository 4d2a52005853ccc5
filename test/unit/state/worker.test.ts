import { afterEach, describe, expect, it } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createWorkerClient, type WorkerClient, workerEntry } from "../../../src/store/worker.ts";
import type { Echo } from "./echo-thread.ts";

const clients: WorkerClient<Echo>[] = [];

function client(options: { data?: unknown; clock?: VirtualClock; waitingMax?: number } = {}): {
  worker: WorkerClient<Echo>;
  clock: VirtualClock;
  notes: string[];
} {
  const clock = options.clock ?? createVirtualClock(wall(0));
  const notes: string[] = [];
  const worker = createWorkerClient<Echo>({
    entry: workerEntry("echo-thread", import.meta.url),
    data: options.data ?? {},
    what: "the echo",
    clock,
    log: { note: (event) => notes.push(event) },
    faults: { failed: "STATE_FAILED", stalled: "STORE_STALLED" },
    deadlineMs: 5_000,
    ...(options.waitingMax === undefined ? {} : { waitingMax: options.waitingMax }),
  });
  clients.push(worker);
  return { worker, clock, notes };
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((each) => each.close()));
});

describe("a worker client", () => {
  it("hands values over and back unchanged", async () => {
    const { worker } = client();
    await worker.start();
    const value = { text: "夜", list: [1, null, { deep: true }], big: new Float64Array([1.5, -2]) };
    expect(await worker.call("echo", [value])).toEqual(value);
  });

  it("answers in the order of the calls even when an earlier one takes longer", async () => {
    const { worker } = client();
    await Promise.all([
      worker.call("slow", [30, 1]),
      worker.call("slow", [0, 2]),
      worker.call("slow", [5, 3]),
    ]);
    expect(await worker.call("order", [])).toEqual([1, 2, 3]);
  });

  it("brings a Fault across with its code, sentence and fix", async () => {
    const { worker } = client();
    await expect(worker.call("refuse", [])).rejects.toMatchObject({
      code: "CONFLICT",
      message: "not now (CONFLICT)",
      fix: "later",
    });
    expect(await worker.call("echo", [1])).toBe(1);
  });

  it("rejects at the deadline while the thread hangs, keeps the event loop free, and works again afterwards", async () => {
    const { worker, clock } = client();
    await worker.start();
    const hung = worker.call("hang", [200], 500);
    const caught = expect(hung).rejects.toMatchObject({ code: "STORE_STALLED" });
    await clock.advance(500);
    await caught;
    expect(await worker.call("echo", ["again"])).toBe("again");
  });

  it("rejects what waited when the thread dies, and starts a new one a second later", async () => {
    const { worker, clock, notes } = client();
    const [, waiting] = await Promise.allSettled([
      worker.call("crash", []),
      worker.call("slow", [60_000, 1]),
    ]);
    expect(waiting).toMatchObject({ status: "rejected", reason: { code: "STATE_FAILED" } });
    await expect(worker.call("echo", [1])).rejects.toThrow(/thread broke/);
    await clock.advance(1_000);
    expect(await worker.call("echo", [2])).toBe(2);
    expect(notes).toEqual(["worker.died"]);
    expect(clock.pending).toBe(0);
  });

  it("gives up waiting for a hanging thread at the deadline of close", async () => {
    const { worker, clock } = client();
    await worker.start();
    const held = worker.call("slow", [60_000, 1], 60_000);
    const caught = expect(held).rejects.toThrow(/closed/);
    const closed = worker.close();
    await clock.advance(5_000);
    await closed;
    await caught;
    expect(clock.pending).toBe(0);
  });

  it("says why the thread refused to start", async () => {
    const { worker } = client({ data: "refuse" });
    const refused = { code: "DATA_DIR_NEWER", fix: "update", permanent: true };
    await expect(worker.start()).rejects.toMatchObject(refused);
    await expect(worker.call("echo", [1])).rejects.toMatchObject(refused);
  });

  it("refuses the call after the last place in the queue", async () => {
    const { worker } = client({ waitingMax: 3 });
    await worker.start();
    const held = [1, 2, 3].map((tag) => worker.call("slow", [1, tag]));
    await expect(worker.call("echo", [1])).rejects.toThrow(/3 calls waiting/);
    await Promise.all(held);
    expect(await worker.call("echo", [1])).toBe(1);
  });

  it("finishes what was given before it closes, and refuses what comes after", async () => {
    const { worker, clock } = client();
    const last = worker.call("slow", [20, 7]);
    const closed = worker.close();
    expect(await last).toBe(7);
    await closed;
    await expect(worker.call("echo", [1])).rejects.toThrow(/closed/);
    expect(clock.pending).toBe(0);
  });
});
