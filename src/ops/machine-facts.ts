import { existsSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";

/** What a folder lies on; `unknown` where the machine does not tell. */
export type DiskKind = "sd_card" | "emmc" | "usb" | "disk" | "memory" | "network" | "unknown";

const NETWORK = new Set(["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs"]);
const MEMORY = new Set(["tmpfs", "ramfs"]);

/** Never rejects. `root` is where system files are looked for. */
export async function diskKind(folder: string, root = ""): Promise<DiskKind> {
  try {
    const mount = mountOf(folder, await readFile(`${root}/proc/self/mountinfo`, "utf8"));
    if (mount === undefined) return "unknown";
    if (MEMORY.has(mount.type)) return "memory";
    if (NETWORK.has(mount.type)) return "network";
    const device = await realpath(`${root}/sys/dev/block/${mount.device}`);
    const [, card] = /\/(mmcblk\d+)(?:\/|$)/.exec(device) ?? [];
    if (card !== undefined) {
      const type = (await readFile(`${root}/sys/block/${card}/device/type`, "utf8")).trim();
      return type === "SD" ? "sd_card" : "emmc";
    }
    if (/\/usb\d+\//.test(device)) return "usb";
    return /\/(?:ata|nvme|host|virtio|vd)/.test(device) ? "disk" : "unknown";
  } catch {
    // No such files, as in a container: then nobody knows.
    return "unknown";
  }
}

/** The mount that a folder lies in, of proc(5)'s mountinfo: the longest mount point that it begins with. */
function mountOf(
  folder: string,
  mountinfo: string,
): { readonly device: string; readonly type: string } | undefined {
  let best: { readonly point: string; readonly device: string; readonly type: string } | undefined;
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , device = "", , escaped = ""] = before.split(" ");
    const point = escaped.replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const [type = ""] = after.split(" ");
    const holds = point !== "" && (point === "/" || folder === point || folder.startsWith(`${point}/`));
    // A later mount on the same point hides the earlier one.
    if (holds && point.length >= (best?.point.length ?? 0)) best = { point, device, type };
  }
  return best;
}

/** Who keeps the machine's clock right; undefined where nobody seems to. `root` as above. */
export function clockKeeper(root = ""): string | undefined {
  const keepers: readonly (readonly [name: string, place: string])[] = [
    ["systemd-timesyncd", "/run/systemd/timesync"],
    ["chrony", "/run/chrony"],
    ["ntpsec", "/run/ntpsec"],
    ["ntpd", "/var/lib/ntp/ntp.drift"],
    ["a battery-backed clock", "/sys/class/rtc/rtc0"],
  ];
  return keepers.find(([, place]) => existsSync(`${root}${place}`))?.[0];
}

/** Whether a user of the machine is in a group. */
export interface Membership {
  readonly group: string;
  /** The group is there. */
  readonly exists: boolean;
  readonly member: boolean;
}

/** What /etc/group (and /etc/passwd) say of a user. Never rejects. */
export async function membershipsOf(
  user: string,
  groups: readonly string[],
  root = "",
): Promise<readonly Membership[]> {
  const [groupText, passwordText] = await Promise.all(
    ["/etc/group", "/etc/passwd"].map((file) => readFile(`${root}${file}`, "utf8").catch(() => "")),
  );
  const lines = (text = ""): string[][] => text.split("\n").map((line) => line.split(":"));
  const primary = lines(passwordText).find(([name]) => name === user)?.[3];
  const known = lines(groupText);
  return groups.map((group) => {
    const [, , id, members = ""] = known.find(([name]) => name === group) ?? [];
    const member = members.split(",").includes(user) || (id !== undefined && id === primary);
    return { group, exists: id !== undefined, member };
  });
}

/** Whether the user is known to the machine. Never rejects. */
export async function userExists(user: string, root = ""): Promise<boolean> {
  const text = await readFile(`${root}/etc/passwd`, "utf8").catch(() => "");
  return text.split("\n").some((line) => line.startsWith(`${user}:`));
}

/** What is true of a file that only its owner should read. */
export interface SecretFileFacts {
  /** Others on this machine may read it. */
  readonly open: boolean;
  /** It lies on the same file system as the folder. */
  readonly besideData: boolean;
}

/** Looks at a secret file; undefined where it is not there. Never rejects. */
export async function secretFileFacts(file: string, folder: string): Promise<SecretFileFacts | undefined> {
  const [found, home] = await Promise.all([file, folder].map((place) => stat(place).catch(() => undefined)));
  if (found === undefined) return undefined;
  return { open: (found.mode & 0o077) !== 0, besideData: home === undefined || found.dev === home.dev };
}

/** What systemd knows of a unit. */
export interface UnitFacts {
  readonly name: string;
  /** It starts with the machine. */
  readonly enabled: boolean;
  readonly active: boolean;
  /** How long a program that hangs goes unnoticed, in milliseconds; 0: it is not watched. */
  readonly watchdogMs: number;
  /** It is started again when it ends. */
  readonly restarts: boolean;
}

/** Reads the output of `systemctl show` for one unit; undefined for a unit that is not there. */
export function unitFactsOf(name: string, shown: string): UnitFacts | undefined {
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(shown)?.[1] ?? "";
  if (value("LoadState") !== "loaded") return undefined;
  return {
    name,
    enabled: value("UnitFileState").startsWith("enabled"),
    active: value("ActiveState") === "active",
    watchdogMs: spanMs(value("WatchdogUSec")),
    restarts: value("Restart") === "always",
  };
}

const UNITS_MS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/** "1min 30s" as systemd writes spans; 0 for "infinity" and what is not understood. */
function spanMs(text: string): number {
  let sum = 0;
  for (const [, number, unit = ""] of text.matchAll(/(\d+)(ms|s|min|h)\b/g)) {
    sum += Number(number) * (UNITS_MS[unit] ?? 0);
  }
  return sum;
}

/** The properties that unitFactsOf reads. */
export const UNIT_PROPERTIES = ["LoadState", "UnitFileState", "ActiveState", "WatchdogUSec", "Restart"];
