import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createAuthority, issueCertificate, type KeyPair } from "../../../src/crypt/authority.ts";
import { wall } from "../../../src/domain/time.ts";
import {
  type Certificates,
  makeCertificates,
  openFileCertificates,
  openOwnCertificates,
} from "../../../src/ops/certificates.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { silentLog } from "../../support/silent-log.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12);
const key = new Uint8Array(32).fill(5);

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-tls-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function own(
  folder: string,
  at: number,
  more: { readonly names?: readonly string[]; readonly key?: Uint8Array; readonly clock?: VirtualClock } = {},
): Promise<Certificates> {
  const clock = more.clock ?? createVirtualClock(wall(at));
  const random = createSeededRandom(at);
  return openOwnCertificates({
    ...{ folder, names: ["box.local"], key, clock, random, log: silentLog },
    ...more,
  });
}

test("the authority and its certificate are the same after a restart, and their keys lie sealed", async () => {
  const folder = path.join(await temporaryFolder(), "tls");
  const first = await own(folder, NOW);
  const again = await own(folder, NOW + DAY);
  expect(again.current()).toEqual(first.current());
  expect(again.authority).toEqual(first.authority);
  for (const file of await readdir(folder)) {
    expect(await readFile(path.join(folder, file), "utf8")).not.toContain("PRIVATE KEY");
  }
  await expect(own(folder, NOW, { key: new Uint8Array(32) })).rejects.toMatchObject({ code: "UNSEALABLE" });
});

test("a certificate is renewed 30 days before its end under the same authority, while it runs", async () => {
  const folder = await temporaryFolder();
  const before = await own(folder, NOW);
  const clock = createVirtualClock(wall(before.facts().until - 31 * DAY));
  const certificates = await own(folder, NOW, { clock });
  const seen: KeyPair[] = [];
  certificates.onChange((pair) => seen.push(pair));
  certificates.start();
  expect(certificates.current()).toEqual(before.current());
  await clock.advance(2 * DAY);
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  certificates.stop();
  expect(seen).toEqual([certificates.current()]);
  expect(certificates.facts().until).toBeGreaterThan(before.facts().until + 300 * DAY);
  expect(certificates.authority).toEqual(before.authority);
});

test("another name of the box needs another authority", async () => {
  const folder = await temporaryFolder();
  const before = await own(folder, NOW);
  const after = await own(folder, NOW, { names: ["night.local"] });
  expect(after.authority?.fingerprint).not.toBe(before.authority?.fingerprint);
  expect(after.facts().names).toEqual(["night.local"]);
});

test("a clock that has lost its time makes certificates that count later on", async () => {
  const lost = await own(await temporaryFolder(), 0);
  expect(lost.facts().until).toBeGreaterThan(Date.UTC(2026, 6, 1));
});

test("new files are taken over once they are whole and belong together; until then the old ones stay", async () => {
  const folder = await temporaryFolder();
  const [certFile, keyFile] = [path.join(folder, "cert.pem"), path.join(folder, "key.pem")];
  const random = createSeededRandom(1);
  const label = "A";
  const authority = { ...createAuthority({ names: ["a.example"], label, now: NOW, random }), label };
  const make = (): KeyPair => issueCertificate(authority, { names: ["a.example"], now: NOW, random });
  const [one, two] = [make(), make()];
  await writeFile(certFile, one.cert);
  await writeFile(keyFile, one.key);
  const clock = createVirtualClock(wall(NOW));
  const notes: string[] = [];
  const log = { note: (event: string) => void notes.push(event) };
  const certificates = await openFileCertificates({ certFile, keyFile, clock, log });
  certificates.start();
  await writeFile(certFile, two.cert);
  await clock.advance(30_000);
  await vi.waitFor(() => expect(notes).toContain("certificate.kept"));
  expect(certificates.current()).toEqual(one);
  await writeFile(keyFile, two.key);
  await clock.advance(30_000);
  await vi.waitFor(() => expect(certificates.current()).toEqual(two));
  certificates.stop();
  expect(certificates.authority).toBeUndefined();
});

test("files that are missing or do not fit are refused at the start", async () => {
  const folder = await temporaryFolder();
  const [certFile, keyFile] = [path.join(folder, "cert.pem"), path.join(folder, "key.pem")];
  const clock = createVirtualClock(wall(NOW));
  const open = (): Promise<Certificates> =>
    openFileCertificates({ certFile, keyFile, clock, log: silentLog });
  await expect(open()).rejects.toMatchObject({ code: "CONFIG_INVALID", permanent: true });
  await writeFile(certFile, "x");
  await writeFile(keyFile, "y");
  await expect(open()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("without the key of the box a certificate is made for the run alone, whose authority is given to nobody", () => {
  const made = makeCertificates({
    ...{
      names: ["box.local"],
      clock: createVirtualClock(wall(NOW)),
      random: createSeededRandom(3),
      log: silentLog,
    },
  });
  expect(made.facts().until).toBeGreaterThan(NOW + 30 * DAY);
  expect(made.current().key).toContain("PRIVATE KEY");
  expect(made.authority).toBeUndefined();
});
