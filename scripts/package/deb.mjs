// A Debian package from a staged tree, the same bytes each time.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { root } from "../bootstrap.mjs";

/** Debian's names of what Node calls process.arch. */
export const DEBIAN_ARCH = { x64: "amd64", arm64: "arm64" };

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm"];
const UNITS = ["breathwatch.service", "breathwatch-edge.service", "breathwatch-hub.service"];

/**
 * Everything of the package around the program: command, units, user, documents.
 * @param {string} tree with the program already in usr/lib/breathwatch
 */
export function stagePackage(tree) {
  const packaging = path.join(root, "packaging");
  const put = (from, to, mode) => {
    const place = path.join(tree, to);
    mkdirSync(path.dirname(place), { recursive: true });
    copyFileSync(from, place);
    chmodSync(place, mode);
  };
  put(path.join(packaging, "debian/breathwatch.sh"), "usr/lib/breathwatch/breathwatch", 0o755);
  put(path.join(packaging, "debian/guard.sh"), "usr/lib/breathwatch/guard", 0o755);
  mkdirSync(path.join(tree, "usr/bin"), { recursive: true });
  symlinkSync("../lib/breathwatch/breathwatch", path.join(tree, "usr/bin/breathwatch"));
  for (const unit of UNITS) put(path.join(packaging, "systemd", unit), `lib/systemd/system/${unit}`, 0o644);
  put(path.join(packaging, "debian/sysusers.conf"), "usr/lib/sysusers.d/breathwatch.conf", 0o644);
  put(path.join(root, "LICENSE"), "usr/share/doc/breathwatch/copyright", 0o644);
  for (const name of readdirSync(path.join(root, "docs"))) {
    if (name.endsWith(".md")) put(path.join(root, "docs", name), `usr/share/doc/breathwatch/${name}`, 0o644);
  }
}

/**
 * @param {{ tree: string, out: string, version: string, epoch: number }} options epoch: seconds
 * @returns {string} the file, in `out`
 */
export function writeDeb({ tree, out, version, epoch }) {
  const arch = DEBIAN_ARCH[process.arch];
  const files = filesOf(tree);
  const bytes = files.reduce((sum, file) => sum + lstatSync(path.join(tree, file)).size, 0);
  const control = path.join(tree, "DEBIAN");
  mkdirSync(control);
  writeFileSync(
    path.join(control, "control"),
    controlOf({ version, arch, kilobytes: Math.ceil(bytes / 1024) }),
  );
  writeFileSync(path.join(control, "md5sums"), files.map((file) => md5Line(tree, file)).join(""));
  for (const name of SCRIPTS) {
    copyFileSync(path.join(root, "packaging/debian", name), path.join(control, name));
    chmodSync(path.join(control, name), 0o755);
  }
  settle(tree, epoch);
  const file = path.join(out, `breathwatch_${version}_${arch}.deb`);
  const args = ["--root-owner-group", "--threads-max=1", "-Zzstd", "-z5", "--build", tree, file];
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch), LC_ALL: "C.UTF-8" };
  const run = spawnSync("dpkg-deb", args, { env, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`dpkg-deb: ${run.error?.message ?? run.stderr}`);
  return file;
}

const controlOf = ({ version, arch, kilobytes }) => `Package: breathwatch
Version: ${version}
Architecture: ${arch}
Maintainer: Breathwatch contributors <contributors@breathwatch.example>
Installed-Size: ${kilobytes}
Section: misc
Priority: optional
Depends: libc6 (>= 2.28), libstdc++6, systemd
Recommends: alsa-utils, espeak-ng
Suggests: bluez, libusb-1.0-0, mosquitto, chrony
Description: night watch for people on home ventilators
 Reads ventilators and pulse oximeters beside the bed, keeps the nights, and
 wakes who is on duty. An additional path: the machine's own alarm stays the
 primary alarm.
`;

/** @param {string} tree @param {string} folder @returns {string[]} every file and link below, in a fixed order */
function filesOf(tree, folder = "") {
  const entries = readdirSync(path.join(tree, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const place = path.join(folder, entry.name);
    return entry.isDirectory() ? filesOf(tree, place) : [place];
  });
}

function md5Line(tree, file) {
  const place = path.join(tree, file);
  if (!lstatSync(place).isFile()) return "";
  return `${createHash("md5").update(readFileSync(place)).digest("hex")}  ${file}\n`;
}

/** Modes and times that say nothing of the machine and the moment it was built on. */
function settle(place, epoch) {
  const stat = lstatSync(place);
  if (stat.isDirectory()) {
    for (const name of readdirSync(place)) settle(path.join(place, name), epoch);
    chmodSync(place, 0o755);
  } else if (stat.isFile()) chmodSync(place, (stat.mode & 0o100) === 0 ? 0o644 : 0o755);
  lutimesSync(place, epoch, epoch);
}
