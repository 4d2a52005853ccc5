import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../../../src/crypt/authority.ts";
import { endingOf, endingStage, readCertificate, readPair } from "../../../src/crypt/certificate.ts";
import { wall } from "../../../src/domain/time.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12);
const label = "Breathwatch breathwatch.local";
const random = createSeededRandom(1);
const names = ["breathwatch.local", "192.168.1.5", "fd00::1:0:5"];
const authority = { ...createAuthority({ names, label, now: NOW, random }), label };
const leaf = issueCertificate(authority, { names, now: NOW, random });

describe("a certificate of the box's own authority", () => {
  test("is signed by it, for the box's names alone, and not longer than browsers take it", () => {
    const facts = readPair(leaf);
    expect(facts.names).toEqual(names);
    expect(new X509Certificate(leaf.cert).checkIssued(new X509Certificate(authority.cert))).toBe(true);
    expect(new X509Certificate(leaf.cert).verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect((facts.until - facts.from) / DAY).toBeLessThanOrEqual(397);
    expect(new X509Certificate(leaf.cert).ca).toBe(false);
    expect(new X509Certificate(authority.cert).ca).toBe(true);
  });

  test("has another serial number and another key each time", () => {
    const next = issueCertificate(authority, { names, now: NOW, random });
    expect(new X509Certificate(next.cert).serialNumber).not.toBe(new X509Certificate(leaf.cert).serialNumber);
    expect(readCertificate(next.cert).pin).not.toBe(readCertificate(leaf.cert).pin);
  });
});

test("key and certificate that do not belong together, and texts that are neither, are told apart", () => {
  expect(() => readPair({ cert: leaf.cert, key: authority.key })).toThrow(/do not belong together/);
  expect(() => readPair({ cert: "nothing", key: leaf.key })).toThrow(/not a certificate/);
  expect(() => readPair({ cert: leaf.cert, key: "nothing" })).toThrow(/not a private key/);
});

describe("the end of a certificate", () => {
  const facts = readCertificate(leaf.cert);
  const at = (days: number) => endingOf(facts, wall(facts.until + days * DAY));

  test("is spoken of from 30, 14 and 3 days before it on, and the time before it counts", () => {
    expect(at(-30.1)).toBeUndefined();
    expect(at(-29.5)).toMatchObject({ stage: "month" });
    expect(at(-20.5)?.fault.message).toContain("in 20 days");
    expect(at(-13.5)).toMatchObject({ stage: "weeks" });
    expect(at(-2.5)).toMatchObject({ stage: "days" });
    expect(at(-2.5)?.fault.message).toContain("in 2 days");
    expect(at(-0.1)).toMatchObject({ stage: "days" });
    expect(at(0)).toMatchObject({ stage: "ended" });
    expect(at(1.5)?.fault.message).toContain("has ended on");
    const early = endingOf(facts, wall(facts.from - DAY));
    expect(early).toMatchObject({ stage: "early" });
    expect(early?.fault.message).toContain("counts from");
  });

  test.each([
    [90, 29, "month"],
    [47, 20, undefined],
    [47, 15, "month"],
    [6, 3, undefined],
    [6, 1.9, "month"],
    [6, 0.4, "days"],
  ])(
    "of %s days with %s left is in the stage %s: a short one is not always about to end",
    (whole, left, stage) => {
      const until = wall(NOW);
      const span = { from: wall(NOW - whole * DAY), until };
      expect(endingStage(span, wall(NOW - left * DAY))).toBe(stage);
    },
  );
});
