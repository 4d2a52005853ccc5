// Debian's own kernel in QEMU, with this machine's files (read-only, changes in memory) as its root: bluetoothd, D-Bus
// and Node in it are those that are installed here. What happens inside is test/nightly/ble-guest.ts.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { root, say } from "../bootstrap.mjs";
import { aptGet, isPresent } from "../system-packages.mjs";

const needed = [
  { name: "qemu", package: "qemu-system-x86", programs: ["qemu-system-x86_64"] },
  { name: "busybox", package: "busybox-static", programs: ["busybox"] },
  { name: "cpio", package: "cpio", programs: ["cpio"] },
  { name: "kmod", package: "kmod", programs: ["depmod"] },
  { name: "bluez", package: "bluez", files: ["/usr/libexec/bluetooth/bluetoothd"] },
  { name: "dbus", package: "dbus", programs: ["dbus-daemon"] },
  { name: "socat", package: "socat", programs: ["socat"] },
];

/** Downloaded and built things; may be removed at any time. */
const cache = path.join(root, "node_modules", ".cache", "breathwatch-nightly");
/** What the first program of the guest must load before it sees its root. */
const earlyModules = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];
const MINUTE_MS = 60_000;
/** Booting takes a quarter of a minute on an idle machine, the steps two; a busy one needs several times that. */
const LONGEST_MS = 20 * MINUTE_MS;

/** @param {{ install: boolean }} options @returns {Promise<boolean>} whether every step in the guest was well */
export async function bleGuest({ install }) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    say("ble-guest needs a Debian on x86-64, whose kernel and programs it starts in QEMU.");
    return false;
  }
  if (install) installMissing();
  const missing = needed.filter((each) => !isPresent(each));
  if (missing.length > 0) {
    say(`missing: ${missing.map((each) => `${each.name} (package ${each.package})`).join(", ")}`);
    say("npm run nightly -- ble-guest --install  installs them (apt-get).");
    return false;
  }
  mkdirSync(cache, { recursive: true });
  const kernel = fetchKernel();
  const initrd = kernel === undefined ? undefined : makeInitrd(kernel);
  return kernel !== undefined && initrd !== undefined && (await boot(kernel, initrd));
}

function installMissing() {
  const packages = needed.filter((each) => !isPresent(each)).map((each) => each.package);
  aptGet(["update"]);
  if (packages.length === 0) return;
  say(`installing system packages: ${packages.join(" ")}`);
  const options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
  const problem = aptGet(["install", ...options, ...packages]);
  if (problem !== undefined) say(problem);
}

/**
 * The kernel that Debian would install, unpacked beside us; nothing of this machine is changed.
 * @returns {{ readonly folder: string, readonly version: string } | undefined}
 */
function fetchKernel() {
  const depends = output("apt-cache", ["depends", "linux-image-amd64"]);
  const image = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (image === undefined) {
    say("apt-cache names no kernel image (linux-image-amd64): --install updates its lists.");
    return undefined;
  }
  const version = image.replace("linux-image-", "");
  const folder = path.join(cache, version);
  const done = path.join(folder, "lib/modules", version, "modules.dep");
  if (!existsSync(done)) {
    say(`downloading ${image} (about 70 MB)`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    run("apt-get", ["-qq", "download", image], folder);
    const file = readdirSync(folder).find((each) => each.endsWith(".deb"));
    if (file === undefined) return undefined;
    run("dpkg-deb", ["-x", file, "."], folder);
    rmSync(path.join(folder, file));
    run("depmod", ["-b", folder, version], folder, sbin());
  }
  return existsSync(done) ? { folder, version } : undefined;
}

/**
 * A first root of a few hundred kilobytes, whose one program mounts the real one.
 * @param {{ readonly folder: string, readonly version: string }} kernel
 * @returns {string | undefined}
 */
function makeInitrd({ folder, version }) {
  const modules = path.join(folder, "lib/modules", version);
  const staging = path.join(cache, "initrd");
  rmSync(staging, { recursive: true, force: true });
  for (const each of ["bin", "proc", "sys", "dev", "modules", "host", "changes", "root"]) {
    mkdirSync(path.join(staging, each), { recursive: true });
  }
  const busybox = output("sh", ["-c", "command -v busybox"]).trim();
  copyFileSync(busybox, path.join(staging, "bin/busybox"));
  const order = loadOrder(readFileSync(path.join(modules, "modules.dep"), "utf8"));
  for (const each of order)
    copyFileSync(path.join(modules, each), path.join(staging, "modules", path.basename(each)));
  writeFileSync(
    path.join(staging, "init"),
    initOf(
      order.map((each) => path.basename(each)),
      path.join(folder, "lib/modules"),
    ),
  );
  chmodSync(path.join(staging, "init"), 0o755);
  const file = path.join(cache, "initrd.gz");
  const packed = run("sh", ["-c", `find . | cpio --quiet -o -H newc | gzip -1 > '${file}'`], staging);
  return packed ? file : undefined;
}

/**
 * Files of the early modules, each after those that it needs, as modules.dep lists them (needed last).
 * @param {string} dependencies
 */
function loadOrder(dependencies) {
  const order = new Set();
  for (const name of earlyModules) {
    const line = dependencies.split("\n").find((each) => each.split(":")[0]?.endsWith(`/${name}.ko`));
    for (const file of (line ?? "").replace(":", "").split(" ").filter(Boolean).toReversed()) order.add(file);
  }
  return [...order];
}

/**
 * The guest's first program. Its root is this machine's, with a layer in memory over it.
 * @param {readonly string[]} modules
 * @param {string} moduleFolder
 */
function initOf(modules, moduleFolder) {
  const node = path.join(root, "node_modules/.bin/node");
  const program = path.join(root, "test/nightly/ble-guest.ts");
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in ${modules.join(" ")}; do insmod /modules/$module; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /host || { echo "GUEST the host's files are not there"; poweroff -f; }
mount -t tmpfs changes /changes
mkdir /changes/upper /changes/work
mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work overlay /root
cd /root
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts lib/modules
mount -t devpts pts dev/pts
mount -t tmpfs run run
mount -t tmpfs tmp tmp
mount --bind '/root${moduleFolder}' lib/modules
ip link set lo up
echo "GUEST up after $(cut -d' ' -f1 /proc/uptime) s"
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \\
  chroot /root /bin/sh -c "cd '${root}' && exec '${node}' --disable-warning=ExperimentalWarning '${program}'"
echo "GUEST ended with $?"
poweroff -f
`;
}

/**
 * @param {{ readonly folder: string, readonly version: string }} kernel
 * @param {string} initrd
 * @returns {Promise<boolean>}
 */
async function boot({ folder, version }, initrd) {
  say(`starting ${version} in QEMU; this takes several minutes`);
  // Node crashed on the emulated protection keys. Emulated also where the machine has KVM: nested, that one was seen to stand still.
  const args = [
    ...["-accel", "tcg,thread=multi", "-cpu", "max,pku=off", "-smp", "2", "-m", "1536"],
    ...["-nographic", "-no-reboot", "-nic", "none"],
    ...["-kernel", path.join(folder, "boot", `vmlinuz-${version}`), "-initrd", initrd],
    ...["-append", "console=ttyS0 quiet loglevel=4 edd=off nokaslr mitigations=off panic=-1"],
    ...["-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"],
    ...["-device", "virtio-9p-pci,fsdev=host,mount_tag=host"],
  ];
  const machine = spawn("qemu-system-x86_64", args, { stdio: ["ignore", "pipe", "pipe"] });
  const tooLong = setTimeout(() => machine.kill("SIGKILL"), LONGEST_MS);
  let text = "";
  const hear = (/** @type {Buffer} */ bytes) => {
    text += bytes.toString();
    process.stdout.write(bytes);
  };
  machine.stdout.on("data", hear);
  machine.stderr.on("data", hear);
  await new Promise((resolve) => {
    machine.on("close", resolve);
    machine.on("error", resolve);
  });
  clearTimeout(tooLong);
  return /GUEST ended with 0\b/.test(text);
}

/** @param {string} program @param {string[]} args @param {string} folder @param {NodeJS.ProcessEnv} [env] */
function run(program, args, folder, env = process.env) {
  const { status, stderr, error } = spawnSync(program, args, { cwd: folder, env, encoding: "utf8" });
  if (status !== 0) say(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return status === 0;
}

/** @param {string} program @param {string[]} args */
const output = (program, args) => spawnSync(program, args, { encoding: "utf8" }).stdout ?? "";

/** An ordinary user's PATH leaves the system's folders out. */
const sbin = () => ({ ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` });
