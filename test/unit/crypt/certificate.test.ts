import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../../../src/crypt/authority.ts";
import { endingOf, readCertificate, readPair } from "../../../src/crypt/certificate.ts";
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

test("a certificate is spoken of from 21 days before its end on, and before it counts", () => {
  const facts = readCertificate(leaf.cert);
  const at = (days: number): string | undefined => endingOf(facts, wall(facts.until + days * DAY))?.message;
  expect(at(-22)).toBeUndefined();
  expect(at(-20.5)).toContain("in 20 days");
  expect(at(1.5)).toContain("has ended on");
  expect(endingOf(facts, wall(facts.from - DAY))?.message).toContain("counts from");
});
