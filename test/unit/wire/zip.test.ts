import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { openZip } from "../../../src/transport/zip.ts";
import { createZip } from "../../../src/wire/zip.ts";

/** Written as it is on the way, each file in pieces of three bytes. */
function zipped(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const zip = createZip();
  const parts: Uint8Array[] = [];
  for (const [name, bytes] of files) {
    parts.push(zip.begin(name));
    for (let at = 0; at < bytes.length; at += 3) {
      const piece = bytes.subarray(at, at + 3);
      zip.data(piece);
      parts.push(piece);
    }
    parts.push(zip.end());
  }
  return Buffer.concat([...parts, zip.close()]);
}

test("what was packed is what is read, by the reader that checks sums and sizes", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-zip-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "x.zip");
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.stringMatching(/^[a-z0-9äß中]{1,12}$/u), fc.uint8Array({ maxLength: 400 }), {
        minKeys: 1,
        maxKeys: 6,
      }),
      async (contents) => {
        const files = Object.entries(contents).map(([name, bytes]) => [`card/${name}.edf`, bytes] as const);
        writeFileSync(file, zipped(files));
        const link = await openZip(file, file);
        const listed = await link.list();
        expect(listed.map(({ path: name }) => name).toSorted()).toEqual(
          files.map(([name]) => name).toSorted(),
        );
        for (const [name, bytes] of files) {
          expect(Buffer.from(await link.read(name, 0, bytes.length + 9))).toEqual(Buffer.from(bytes));
        }
        await link.close();
      },
    ),
    { numRuns: 40 },
  );
});

test("a call out of turn is refused", () => {
  expect(() => createZip().data(new Uint8Array(1))).toThrow(RangeError);
  const zip = createZip();
  zip.begin("a");
  expect(() => zip.begin("b")).toThrow(RangeError);
});
