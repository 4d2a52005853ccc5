import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { createAuthority, issueCertificate } from "../../src/crypt/authority.ts";
import { createRandom } from "../../src/ops/random.ts";
import { requires } from "../support/require.ts";

const random = createRandom();
const now = Date.now();
const label = "Breathwatch box.local";

/** What OpenSSL says to a certificate for these names, of an authority for those. */
async function judged(authorityFor: readonly string[], names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-openssl-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [caFile, leafFile] = [path.join(folder, "ca.pem"), path.join(folder, "leaf.pem")];
  const authority = { ...createAuthority({ names: authorityFor, label, now, random }), label };
  await writeFile(caFile, authority.cert);
  await writeFile(leafFile, issueCertificate(authority, { names, now, random }).cert);
  const verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", caFile, leafFile];
  const { stdout, stderr } = spawnSync("openssl", verify, { encoding: "utf8" });
  return /lookup: (.+)/.exec(stderr)?.[1] ?? stdout.trim().split(": ").at(-1) ?? "";
}

requires("openssl").test(
  "another program believes the box's own authority for its names, and for no others",
  async () => {
    const box = ["box.local", "192.168.1.5", "fd00::1"];
    expect(await judged(box, box)).toBe("OK");
    expect(await judged(box, ["www.box.local"])).toBe("OK");
    expect(await judged(["192.168.1.5"], ["192.168.1.5"])).toBe("OK");
    expect(await judged(box, ["bank.example"])).toBe("permitted subtree violation");
    expect(await judged(box, ["box.local", "bank.example"])).toBe("permitted subtree violation");
    expect(await judged(box, ["192.168.1.6"])).toBe("permitted subtree violation");
    expect(await judged(["box.local"], ["192.168.1.5"])).toBe("excluded subtree violation");
    expect(await judged(["box.local"], ["fd00::1"])).toBe("excluded subtree violation");
    expect(await judged(["192.168.1.5"], ["bank.example"])).toBe("excluded subtree violation");
  },
);
