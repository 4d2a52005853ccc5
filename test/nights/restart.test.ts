// A home that loses power at any moment of an alarm, on virtual time.
import { describe, expect, test } from "vitest";
import type { AlarmEvent } from "../../src/domain/alarm.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { addPhone, createLastingBed, type LastingBed, openIn } from "../support/home-rehearsed.ts";

const ANA = { id: "p-ana", name: "Ana" };

describe("a mask that came off, and a power cut", () => {
  const random = createSeededRandom(3);
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const cutAt = 6 + Math.floor(random.uniform() * 50_000) / 1_000;
    const downMs = Math.floor(random.uniform() * 8_000);
    test(`at ${cutAt} s for ${downMs} ms: one alarm, whose answer stays`, { timeout: 180_000 }, async () => {
      const bed = await createLastingBed(seed);
      const all: AlarmEvent[][] = [];
      const run = async (ms: number): Promise<void> => {
        // In small steps, so that an answer comes three seconds after its alarm, as from a person.
        for (let left = ms; left > 0; left -= 500) {
          await bed.now.world.clock.advance(Math.min(500, left));
          const open = openIn(bed.now, "VENT_DISCONNECT");
          const isDue = open !== undefined && bed.now.world.clock.wall() - open.raisedAt >= 3_000;
          if (!isDue || open.acknowledgement !== undefined) continue;
          const id = `ack-${open.id}`;
          bed.now.home.edge.command("b1", {
            kind: "acknowledge",
            ...{ id, occurrence: open.id, by: ANA, place: "going" },
          });
        }
      };
      await bed.now.world.clock.advance(10_000);
      bed.patient.apply("mask_off");
      await run((cutAt - 5) * 1_000);
      const before = openIn(bed.now, "VENT_DISCONNECT");
      all.push([...bed.now.events]);
      await bed.cutPower(downMs);
      const restored = openIn(bed.now, "VENT_DISCONNECT");
      if (before === undefined) expect(restored).toBeUndefined();
      else {
        const { id, priority, raisedAt, acknowledgement } = before;
        expect(restored).toMatchObject({ id, priority, raisedAt });
        expect(restored?.acknowledgement).toEqual(acknowledgement);
      }
      await run(70_000 - downMs);
      all.push([...bed.now.events]);
      const after = openIn(bed.now, "VENT_DISCONNECT");
      expect(after).toMatchObject({ simulated: true, acknowledgement: { by: ANA } });
      if (before !== undefined) expect(after?.id).toBe(before.id);
      const told = all
        .flat()
        .filter(({ occurrence }) => occurrence.condition === "VENT_DISCONNECT")
        .map(({ kind }) => kind);
      expect(told.filter((kind) => kind === "occurred")).toHaveLength(1);
      expect(told.filter((kind) => kind === "acknowledged")).toHaveLength(1);
      expect(told).not.toContain("ended");
      expect(bed.now.world.log.notes.filter(({ level }) => level === "error")).toEqual([]);
      await bed.stop();
    });
  }
});

const JOURNAL = "journal-b1.log";

describe("a call of the patient, and a power cut before the journal had it", () => {
  const callTold = async (forget: boolean) => {
    const earlier: { journal?: Uint8Array | undefined } = {};
    const bed = await createLastingBed(9, (disk) => {
      if (forget && earlier.journal !== undefined) disk.poke(JOURNAL, earlier.journal);
    });
    const { clock, disk } = bed.now.world;
    await addPhone(bed.now);
    // Nothing at this bed is real: it reaches phones in a drill alone.
    bed.now.home.edge.command("b1", { kind: "drill", id: "drill-1", forMs: 600_000, by: ANA });
    await clock.advance(20_000);
    earlier.journal = disk.peek(JOURNAL)?.slice();
    bed.now.home.edge.command("b1", { kind: "call", id: "call-1", call: { how: "touch", kind: "come" } });
    await clock.advance(2_000);
    expect(planned(bed, "alarm")).toHaveLength(1);
    expect(planned(bed, "alarm")).toHaveLength(1);
    return bed;
  };
  const planned = ({ now }: Pick<LastingBed, "now">, kind: string) =>
    now.world.log.notes.filter(({ event, fields }) => event === "send.planned" && fields["kind"] === kind);

  test("rings again, and nobody is told that it is over", { timeout: 60_000 }, async () => {
    const bed = await callTold(true);
    const [first] = planned(bed, "alarm");
    await bed.cutPower(3_000);
    await bed.now.world.clock.advance(2_000);
    expect(openIn(bed.now, "PATIENT_CALL")).toBeDefined();
    expect(planned(bed, "closed")).toEqual([]);
    const [again] = planned(bed, "alarm");
    expect(again?.fields["key"]).not.toBe(first?.fields["key"]);
    await bed.now.world.clock.advance(5_000);
    expect(bed.now.home.edge.live.fold("b1")?.open.filter(isCall)).toHaveLength(1);
    await bed.stop();
  });

  test("one that the journal has goes on as itself", { timeout: 60_000 }, async () => {
    const bed = await callTold(false);
    const before = openIn(bed.now, "PATIENT_CALL");
    await bed.cutPower(3_000);
    await bed.now.world.clock.advance(2_000);
    expect(openIn(bed.now, "PATIENT_CALL")?.id).toBe(before?.id);
    expect(bed.now.world.log.notes.some(({ event }) => event === "call.again")).toBe(false);
    await bed.stop();
  });
});

const isCall = ({ condition }: { readonly condition: string }): boolean => condition === "PATIENT_CALL";
