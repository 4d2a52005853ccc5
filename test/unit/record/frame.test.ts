import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeHeader, encodeRecord, RECORD_BYTES_MAX, scanRecords } from "../../../src/record/frame.ts";
import { concat } from "../../../src/record/tail.ts";

const fileOf = (values: readonly unknown[]): Uint8Array =>
  concat([encodeHeader("abcdefghij"), ...values.map((value) => encodeRecord(JSON.stringify(value))!)]);

/** Where each record of the file begins, and at the end its length. */
const startsOf = (values: readonly unknown[]): number[] =>
  Array.from({ length: values.length + 1 }, (_, n) => fileOf(values.slice(0, n)).length);

const value = fc.record({ n: fc.integer(), text: fc.string({ unit: "grapheme", maxLength: 40 }) });
const values = fc.array(value, { minLength: 1, maxLength: 12 });

describe("a file of records", () => {
  test("gives back what was written, with its id, and nothing is damaged", () => {
    fc.assert(
      fc.property(values, (written) => {
        const file = fileOf(written);
        expect(scanRecords(file)).toEqual({
          id: "abcdefghij",
          version: 1,
          values: written,
          goodLength: file.length,
          damaged: false,
        });
      }),
    );
  });

  test("cut anywhere gives exactly the whole records before the cut and calls it a torn tail", () => {
    fc.assert(
      fc.property(values, fc.nat(), (written, at) => {
        const file = fileOf(written);
        const cut = at % file.length;
        const whole = startsOf(written).filter((start) => start <= cut).length - 1;
        const scan = scanRecords(file.subarray(0, cut));
        expect(scan.values).toEqual(written.slice(0, Math.max(0, whole)));
        expect(scan.damaged).toBe(false);
        expect(scan.goodLength).toBe(startsOf(written)[whole] ?? 0);
      }),
    );
  });

  test("with one changed byte loses at most the record that holds the byte, and says so", () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, at, mask) => {
        const file = fileOf(written);
        const hit = at % file.length;
        file[hit]! ^= mask;
        const record = startsOf(written).findLastIndex((start) => start <= hit);
        const scan = scanRecords(file);
        expect(scan.values).toEqual(written.filter((_, n) => n !== record));
        // A last record whose stated length grew looks like a write that was cut short.
        if (record !== written.length - 1) expect(scan.damaged).toBe(true);
        expect(scan.id === undefined).toBe(record === -1);
      }),
    );
  });

  test("with foreign bytes in the middle keeps every record around them", () => {
    fc.assert(
      fc.property(values, values, fc.uint8Array({ minLength: 1, maxLength: 300 }), (before, after, noise) => {
        const tail = fileOf(after).subarray(encodeHeader("abcdefghij").length);
        const scan = scanRecords(concat([fileOf(before), noise, tail]));
        expect(scan.values).toEqual([...before, ...after]);
        expect(scan.damaged).toBe(true);
      }),
    );
  });

  test("never throws and invents nothing from noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        expect(scanRecords(noise).values).toEqual([]);
      }),
    );
  });

  test("followed by sectors of zeros, as after a power cut, is torn and not damaged", () => {
    const file = fileOf([{ n: 1 }]);
    const scan = scanRecords(concat([file, new Uint8Array(4096)]));
    expect(scan).toMatchObject({ values: [{ n: 1 }], goodLength: file.length, damaged: false });
  });

  test("whose only record was changed in place is damaged, not torn", () => {
    const file = fileOf([{ n: 1 }]);
    file[file.length - 2]! ^= 1;
    expect(scanRecords(file)).toMatchObject({ values: [], damaged: true });
  });

  test("takes no record longer than the bound", () => {
    expect(encodeRecord("x".repeat(RECORD_BYTES_MAX + 1))).toBeUndefined();
    expect(encodeRecord("x".repeat(RECORD_BYTES_MAX))).toBeDefined();
  });
});
