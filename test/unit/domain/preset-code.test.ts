import fc from "fast-check";
import encodeQR from "qr";
import decodeQR from "qr/decode.js";
import { describe, expect, test } from "vitest";
import { decodeCompact, encodeCompact } from "../../../src/domain/compact.ts";
import { Fault } from "../../../src/domain/fault.ts";
import {
  type ClinicPreset,
  keyFingerprint,
  PRESET_CODE_MAX,
  presetCode,
  presetCryptoOf,
  presetMessage,
  readPresetCode,
  verifyPresetCode,
} from "../../../src/domain/preset-code.ts";
import { wall } from "../../../src/domain/time.ts";
import { createClinic } from "../../support/clinic.ts";

const presetCrypto = presetCryptoOf(crypto.subtle);

const PRESET: ClinicPreset = {
  clinic: "神经内科呼吸门诊",
  name: "ALS, low all night",
  issue: 3,
  issuedAt: wall(1_790_000_000_000),
  dependencyClass: "B",
  limits: {
    SPO2_LOW: { limit: 83, delay_s: 45 },
    SPO2_CRIT: { limit: 78, delay_s: 10, hysteresis: 2, clear_s: 5 },
    SPO2_RELATIVE: { on: true, limit: 6 },
    SPO2_SUSTAINED: { limit: 85 },
    SPO2_WARN: { on: false },
    PR_LOW: { limit: 45 },
    PR_HIGH: { limit: 130, delay_s: 90 },
    VENT_DISCONNECT: { leak: 50, minute_volume: 2.5 },
    VENT_LEAK_HIGH: { limit: 45 },
    VENT_MV_LOW: { limit: 65 },
  },
};

const signed = async (preset: ClinicPreset): Promise<string> => (await createClinic()).sign(preset);

const refusal = (code: string): Fault => {
  try {
    readPresetCode(code);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("was read");
};

describe("a clinic's code", () => {
  test("carries the preset there and back, and its signature holds", async () => {
    const code = await signed(PRESET);
    expect((await verifyPresetCode(code, presetCrypto)).preset).toEqual(PRESET);
    const { dependencyClass: _, ...forAnybody } = PRESET;
    expect(readPresetCode(await signed(forAnybody)).preset).toEqual(forAnybody);
  });

  test("is one QR code that a phone reads, of capitals and digits, far below 1,000 characters", async () => {
    const code = await signed(PRESET);
    expect(code).toMatch(/^BW1:[A-Z2-7]+$/);
    expect(code.length).toBeLessThan(600);
    const modules = encodeQR(code, "raw", { ecc: "medium", encoding: "alphanumeric", border: 4 });
    const scale = 4;
    const width = modules.length * scale;
    const data = new Uint8Array(width * width * 4).fill(255);
    for (let y = 0; y < width; y++) {
      for (let x = 0; x < width; x++) {
        if (modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] === true)
          data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
      }
    }
    expect(decodeQR({ width, height: width, data }, { timeLimit: 10_000 })).toBe(code);
  });

  test("may be pasted with blanks, line breaks and small letters", async () => {
    const code = await signed(PRESET);
    const pasted = ` ${code.toLowerCase().replaceAll(/(.{40})/g, "$1\n  ")}\n`;
    expect(readPresetCode(pasted).preset).toEqual(PRESET);
  });

  test("is the same bytes whatever the order in which the limits were written", () => {
    const key = new Uint8Array(32);
    const limits = Object.fromEntries(Object.entries(PRESET.limits).toReversed());
    expect(presetMessage({ ...PRESET, limits }, key)).toEqual(presetMessage(PRESET, key));
  });

  test("is refused after any single character was changed", async () => {
    const code = await signed(PRESET);
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (let at = 4; at < code.length; at += 7) {
      const letter = letters[(letters.indexOf(code.charAt(at)) + 1) % 32];
      const changed = `${code.slice(0, at)}${letter}${code.slice(at + 1)}`;
      await expect(verifyPresetCode(changed, presetCrypto), `character ${at}`).rejects.toMatchObject({
        code: "PRESET_CODE_BAD",
      });
    }
  });

  test("is refused when somebody else's key and signature are put in the place of the clinic's", async () => {
    const code = readPresetCode(await signed(PRESET));
    const other = readPresetCode(await signed(PRESET));
    const swapped = presetCode(PRESET, code.key, other.signature);
    await expect(verifyPresetCode(swapped, presetCrypto)).rejects.toThrow(/signature is wrong/);
    const nonsense = presetCode(PRESET, new Uint8Array(32).fill(255), other.signature);
    await expect(verifyPresetCode(nonsense, presetCrypto)).rejects.toThrow(/signature is wrong/);
  });

  test.each([
    ["", /BW1:/],
    ["https://example.org", /BW1:/],
    ["BW1:", /cut off/],
    ["BW1:AAAA", /cut off/],
    ["BW1:0189", /character "0"/],
    [`BW1:${"A".repeat(PRESET_CODE_MAX)}`, /too long/],
    [`BW1:${"A".repeat(400)}`, /damaged/],
  ])("%s is refused in words", (code, message) => {
    const fault = refusal(code);
    expect(fault.code).toBe("PRESET_CODE_BAD");
    expect(fault.message).toMatch(message);
    expect(fault.fix).toMatch(/Scan it again/);
  });

  test("whatever is scanned is read or refused, never anything else", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".split("")), maxLength: 500 }),
        (text) => {
          expect(refusal(`BW1:${text}`).code).toBe("PRESET_CODE_BAD");
        },
      ),
    );
  });

  test("of an alarm that is not known here names it", () => {
    const limits: object = { SPO2_OF_TOMORROW: { limit: 1 } };
    const code = presetCode({ ...PRESET, limits }, new Uint8Array(32), new Uint8Array(64));
    expect(refusal(code).message).toMatch(/SPO2_OF_TOMORROW.*newer Breathwatch/);
  });

  test("is not made with names that hide something, without a version, or with too many limits", () => {
    const key = new Uint8Array(32);
    for (const clinic of ["", "  ", "a\nb", "a\u202Eb", "x".repeat(61)]) {
      expect(() => presetMessage({ ...PRESET, clinic }, key), clinic).toThrow(/name in a code/);
    }
    for (const issue of [0, -1, 1.5, Number.NaN]) {
      expect(() => presetMessage({ ...PRESET, issue }, key), String(issue)).toThrow(/version/);
    }
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`name_${n}`, n + 0.5]));
    expect(() => presetCode({ ...PRESET, limits: { SPO2_LOW: many } }, key, new Uint8Array(64))).toThrow(
      /characters/,
    );
  });
});

describe("a clinic's key", () => {
  test("is compared by 24 digits, which differ for another key", async () => {
    const key = new Uint8Array(32).fill(7);
    const fingerprint = await keyFingerprint(key, presetCrypto);
    expect(fingerprint).toMatch(/^(\d{4} ){5}\d{4}$/);
    expect(await keyFingerprint(key, presetCrypto)).toBe(fingerprint);
    expect(await keyFingerprint(new Uint8Array(32).fill(8), presetCrypto)).not.toBe(fingerprint);
  });
});

describe("compact bytes", () => {
  const leaf = fc.oneof(
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "grapheme" }),
    fc.boolean(),
  );
  const mapOf = <T>(value: fc.Arbitrary<T>) =>
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.maxSafeInteger()), value), { maxLength: 6 })
      .map((entries) => new Map(entries));

  test("give back what they were made of", () => {
    fc.assert(
      fc.property(fc.oneof(leaf, mapOf(fc.oneof(leaf, mapOf(leaf)))), (value) => {
        expect(decodeCompact(encodeCompact(value))).toEqual(value);
      }),
    );
  });

  test("have one way to say a thing: anything else is refused", () => {
    const refusedBytes = [
      [],
      [0x18, 0x05],
      [0x19, 0x00, 0x20],
      [0xfb, 0x40, 0x14, 0, 0, 0, 0, 0, 0],
      [0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
      [0xf9, 0x3c, 0x00],
      [0x62, 0xc3, 0x28],
      [0xa2, 0x02, 0x01, 0x01, 0x01],
      [0xa2, 0x01, 0x01, 0x01, 0x01],
      [0x05, 0x00],
      [0x40],
      [0x80],
      [0xa1, 0xa0, 0x01],
      [0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      Array.from({ length: 200 }, () => 0xa1),
    ];
    for (const bytes of refusedBytes) {
      expect(() => decodeCompact(Uint8Array.from(bytes)), String(bytes)).toThrow(/nothing that can be read/);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let value: ReturnType<typeof decodeCompact>;
        try {
          value = decodeCompact(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Fault);
          return;
        }
        expect(encodeCompact(value)).toEqual(bytes);
      }),
    );
    expect(() => encodeCompact(Number.NaN)).toThrow(RangeError);
  });
});
