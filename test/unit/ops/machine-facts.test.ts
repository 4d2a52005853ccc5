import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  clockKeeper,
  diskKind,
  membershipsOf,
  secretFileFacts,
  unitFactsOf,
  userExists,
} from "../../../src/ops/machine-facts.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "breathwatch-facts-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

describe("what a folder lies on", () => {
  /** A Raspberry Pi: its card, a USB disk, memory, and a share of another machine. */
  beforeEach(() => {
    put(
      "proc/self/mountinfo",
      [
        "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw",
        "31 22 0:28 / /run rw shared:9 - tmpfs tmpfs rw",
        "36 22 8:1 / /mnt/my\\040disk rw master:1 propagate_from:2 - ext4 /dev/sda1 rw",
        "40 22 0:50 / /mnt/nas rw - nfs4 nas:/nights rw",
        "41 22 259:1 / /srv rw - ext4 /dev/nvme0n1p1 rw",
        "42 22 254:0 / /mapped rw - ext4 /dev/mapper/x rw",
        "",
      ].join("\n"),
    );
    for (const [device, place] of [
      ["179:2", "sys/devices/platform/emmc2bus/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0/mmcblk0p2"],
      ["8:1", "sys/devices/platform/scb/pci0000:00/usb2/2-1/2-1:1.0/host0/target0:0:0/block/sda/sda1"],
      ["259:1", "sys/devices/pci0000:00/nvme/nvme0/nvme0n1/nvme0n1p1"],
      ["254:0", "sys/devices/other/block/dm-0"],
    ] as const) {
      mkdirSync(path.join(root, place), { recursive: true });
      mkdirSync(path.join(root, "sys/dev/block"), { recursive: true });
      symlinkSync(path.join(root, place), path.join(root, "sys/dev/block", device));
    }
    put("sys/block/mmcblk0/device/type", "SD\n");
  });

  test.each([
    ["/var/lib/breathwatch", "sd_card"],
    ["/run/breathwatch", "memory"],
    ["/mnt/my disk/nights", "usb"],
    ["/mnt/nas", "network"],
    ["/mnt/nasty", "sd_card"],
    ["/srv/data", "disk"],
    ["/mapped", "unknown"],
  ])("%s is on: %s", async (folder, kind) => {
    expect(await diskKind(folder, root)).toBe(kind);
  });

  test("soldered memory is no card", async () => {
    put("sys/block/mmcblk0/device/type", "MMC\n");
    expect(await diskKind("/var", root)).toBe("emmc");
  });

  test("a machine that does not tell is unknown", async () => {
    rmSync(path.join(root, "proc"), { recursive: true });
    expect(await diskKind("/", root)).toBe("unknown");
  });
});

test("who keeps the clock is found by what it leaves behind, or nobody is", () => {
  expect(clockKeeper(root)).toBeUndefined();
  put("sys/class/rtc/rtc0/name", "rtc");
  expect(clockKeeper(root)).toBe("a battery-backed clock");
  put("run/chrony/chronyd.pid", "1");
  expect(clockKeeper(root)).toBe("chrony");
});

test("a user is in the groups that list it and in its own, and in no other", async () => {
  put("etc/passwd", "root:x:0:0::/root:/bin/sh\nbreathwatch:x:990:991::/var:/bin/false\n");
  put("etc/group", "dialout:x:20:pi,breathwatch\naudio:x:29:pi\nbreathwatch:x:991:\n");
  expect(await membershipsOf("breathwatch", ["dialout", "audio", "breathwatch", "bluetooth"], root)).toEqual([
    { group: "dialout", exists: true, member: true },
    { group: "audio", exists: true, member: false },
    { group: "breathwatch", exists: true, member: true },
    { group: "bluetooth", exists: false, member: false },
  ]);
  expect([await userExists("breathwatch", root), await userExists("breath", root)]).toEqual([true, false]);
});

test("a secret file is open when anybody else may read it, and absent where there is none", async () => {
  put("key", "secret");
  const file = path.join(root, "key");
  expect(await secretFileFacts(file, root)).toEqual({ open: true, besideData: true });
  chmodSync(file, 0o600);
  expect(await secretFileFacts(file, root)).toEqual({ open: false, besideData: true });
  expect(await secretFileFacts(path.join(root, "none"), root)).toBeUndefined();
});

describe("a unit of systemd", () => {
  const shown = (more: string): string =>
    `LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nWatchdogUSec=30s\nRestart=always\n${more}`;

  test.each([
    ["30s", 30_000],
    ["1min 30s", 90_000],
    ["500ms", 500],
    ["0", 0],
    ["infinity", 0],
  ])("with WatchdogUSec=%s is watched every %i ms", (text, ms) => {
    const facts = unitFactsOf("breathwatch", shown("").replace("WatchdogUSec=30s", `WatchdogUSec=${text}`));
    expect(facts).toEqual({
      name: "breathwatch",
      enabled: true,
      active: true,
      watchdogMs: ms,
      restarts: true,
    });
  });

  test("that is not there has no facts", () => {
    expect(unitFactsOf("breathwatch", "LoadState=not-found\nUnitFileState=\n")).toBeUndefined();
  });
});
