import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assertForward, compareVersions, fileFor, readRelease } from "../../../src/ops/update/release.ts";
import { makeKeys, signRelease } from "../../support/releases.ts";

const { privateKey, publicPem } = makeKeys();
const FILE = {
  name: "breathwatch_1.2.3_amd64.deb",
  arch: "amd64",
  bytes: 1_000,
  sha256: "ab".repeat(32),
};
const CONTENT = { version: "1.2.3", minimum: "0.9.0", files: [FILE] };
const signed = (more: object = {}, key = privateKey) => signRelease({ ...CONTENT, ...more }, key);

describe("a release", () => {
  test("is read where the trusted key signed it", () => {
    expect(readRelease(signed(), publicPem)).toEqual(CONTENT);
  });

  test("of another key, or of none, is refused", () => {
    expect(() => readRelease(signed({}, makeKeys().privateKey), publicPem)).toThrow(/not signed by the key/);
    const { manifest } = JSON.parse(signed());
    expect(() => readRelease(JSON.stringify({ manifest, signature: "" }), publicPem)).toThrow(/not signed/);
    expect(() => readRelease(signed(), "no key")).toThrow(/not signed/);
  });

  test("with any one character of its manifest changed is refused", () => {
    const release: { manifest: string; signature: string } = JSON.parse(signed());
    fc.assert(
      fc.property(
        fc.nat(release.manifest.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, other) => {
          fc.pre(release.manifest[at] !== other);
          const manifest = release.manifest.slice(0, at) + other + release.manifest.slice(at + 1);
          expect(() => readRelease(JSON.stringify({ ...release, manifest }), publicPem)).toThrow(
            /UPDATE_REFUSED/,
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each([
    ["another product", { product: "other" }],
    ["another format", { format: 2 }],
    ["no version", { version: "latest" }],
    ["no list of files", { files: "all" }],
    ["a file elsewhere", { files: [{ ...FILE, name: "../breathwatch_1.2.3_amd64.deb" }] }],
    ["a file of another name", { files: [{ ...FILE, name: "evil.deb" }] }],
    ["a file without a hash", { files: [{ ...FILE, sha256: "" }] }],
    ["a file without an end", { files: [{ ...FILE, bytes: 1e12 }] }],
  ])("that names %s is refused though it is signed", (_what, more) => {
    expect(() => readRelease(signed(more), publicPem)).toThrow(/no release\.json.*UPDATE_REFUSED/);
  });

  test.each(["", "[]", "null", "{", '{"manifest":1}', "x".repeat(1_000)])("%j is none", (text) => {
    expect(() => readRelease(text, publicPem)).toThrow(/UPDATE_REFUSED/);
  });
});

describe("a step", () => {
  const release = readRelease(signed(), publicPem);

  test("forward is taken, backward and on the spot are not, nor one that is too large", () => {
    expect(() => assertForward(release, "1.2.2")).not.toThrow();
    expect(() => assertForward(release, "0.9.0")).not.toThrow();
    expect(() => assertForward(release, "1.2.3")).toThrow(/installed already/);
    expect(() => assertForward(release, "1.10.0")).toThrow(/older than 1\.10\.0/);
    expect(() => assertForward(release, "0.8.9")).toThrow(/from 0\.9\.0 on, and 0\.8\.9 is installed/);
  });

  test("needs a package for this kind of machine", () => {
    expect(fileFor(release, "amd64")).toEqual(FILE);
    expect(() => fileFor(release, "riscv64")).toThrow(/no package for riscv64/);
  });

  test("versions are ordered as numbers, in each of their three places", () => {
    const version = fc.tuple(fc.nat(120), fc.nat(120), fc.nat(120));
    fc.assert(
      fc.property(version, version, (a, b) => {
        const value = ([x, y, z]: readonly [number, number, number]): number => (x * 1000 + y) * 1000 + z;
        const compared = compareVersions(a.join("."), b.join("."));
        expect(Math.sign(compared)).toBe(Math.sign(value(a) - value(b)));
      }),
    );
  });
});
