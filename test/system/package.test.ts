// The Debian package as it is made for people: built twice, installed into a root of its own, started as its user,
// upgraded, removed and purged.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { openNotifySocket } from "../support/notify-socket.ts";
import { requires, skipping } from "../support/require.ts";

const project = path.join(import.meta.dirname, "../..");
const { describe } = requires("dpkg", "systemd");
const asRoot = process.getuid?.() === 0 ? requires("dpkg", "systemd") : skipping("installing takes root");

describe("the Debian package", () => {
  let aside: string;
  let first: string;
  let second: string;

  /** `npm run package`; returns the package. */
  function pack(out: string, ...options: string[]): string {
    const args = [path.join(project, "scripts/package.mjs"), "--out", path.join(aside, out), ...options];
    // Else the time of the last commit, which may be another one a minute later.
    const env = { ...process.env, SOURCE_DATE_EPOCH: "1767225600" };
    const run = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    expect(run.stderr).not.toMatch(/failed/);
    expect(run.status).toBe(0);
    return run.stdout.trim().split("\n")[0] ?? "";
  }

  beforeAll(() => {
    aside = mkdtempSync(path.join(tmpdir(), "breathwatch-deb-"));
    chmodSync(aside, 0o755);
    const dist = path.join(aside, "dist");
    first = pack("first", "--keep", dist);
    second = pack("second", "--dist", dist);
  }, 300_000);
  afterAll(() => rmSync(aside, { recursive: true, force: true }));

  const listed = (deb: string): readonly string[] =>
    spawnSync("dpkg-deb", ["--contents", deb], { encoding: "utf8", maxBuffer: 1 << 26 })
      .stdout.split("\n")
      .filter((line) => line !== "");

  requires("dpkg").test(
    "has the same bytes whenever it is made, and everything in it belongs to root",
    () => {
      expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
      const lines = listed(first);
      expect(lines.length).toBeGreaterThan(1_000);
      expect(lines.filter((line) => !/^[dl-][rwx-]{9} root\/root /.test(line))).toEqual([]);
      // Nothing that others may write, and nothing of the tools of development.
      expect(lines.filter((line) => /^[d-].{4}w|^[d-].{7}w/.test(line))).toEqual([]);
      expect(
        lines.filter((line) => /node_modules\/(?:vitest|typescript|playwright-core)\//.test(line)),
      ).toEqual([]);
    },
  );

  asRoot.describe("installed", () => {
    let root: string;
    let home: ChildProcess | undefined;

    beforeAll(() => {
      root = path.join(aside, "root");
      for (const folder of ["info", "updates", "triggers"])
        mkdirSync(path.join(root, "var/lib/dpkg", folder), { recursive: true });
      mkdirSync(path.join(root, "etc"));
      writeFileSync(path.join(root, "var/lib/dpkg/status"), "");
    });
    afterAll(() => home?.kill("SIGKILL"));

    function dpkg(...args: string[]): void {
      const options = [
        "--force-script-chrootless",
        "--force-depends",
        "--force-bad-path",
        "--force-unsafe-io",
        "--log=/dev/null",
      ];
      const run = spawnSync("dpkg", [`--root=${root}`, ...options, ...args], { encoding: "utf8" });
      expect(`${run.stdout}${run.stderr}`).not.toMatch(/error|failed/i);
      expect(run.status).toBe(0);
    }
    /** The same package with a higher number, and without the libraries, which its `--version` does not need. */
    function newerOf(deb: string): string {
      const tree = path.join(aside, "newer");
      mkdirSync(tree);
      const unpack =
        'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --exclude=./usr/lib/breathwatch/node_modules';
      spawnSync("sh", ["-c", unpack, "sh", deb, tree]);
      spawnSync("dpkg-deb", ["--control", deb, path.join(tree, "DEBIAN")]);
      for (const place of ["DEBIAN/control", "usr/lib/breathwatch/dist/package.json"]) {
        const file = path.join(tree, place);
        const text = readFileSync(file, "utf8");
        const [number = ""] = /\d+\.\d+\.\d+/.exec(/[Vv]ersion.*/.exec(text)?.[0] ?? "") ?? [];
        writeFileSync(file, text.replace(number, "9.0.0"));
      }
      const file = path.join(aside, "newer.deb");
      spawnSync("dpkg-deb", ["--root-owner-group", "-Znone", "--build", tree, file]);
      rmSync(tree, { recursive: true });
      return file;
    }
    const at = (place: string): string => path.join(root, place);
    const version = (): string =>
      spawnSync(at("usr/bin/breathwatch"), ["--version"], { encoding: "utf8" }).stdout;
    const user = (): { readonly uid: number; readonly gid: number } => {
      const line = /^breathwatch:.*$/m.exec(readFileSync(at("etc/passwd"), "utf8"))?.[0] ?? "";
      const [, , uid, gid, , folder, shell] = line.split(":");
      expect([folder, shell]).toEqual(["/var/lib/breathwatch", "/usr/sbin/nologin"]);
      return { uid: Number(uid), gid: Number(gid) };
    };

    asRoot.test("makes a user of its own, and lists what is inside", () => {
      dpkg("--install", first);
      expect(user().uid).toBeGreaterThan(0);
      const groups = readFileSync(at("etc/group"), "utf8");
      for (const group of ["dialout", "audio", "bluetooth"])
        expect(groups).toMatch(new RegExp(`^${group}:.*:breathwatch$`, "m"));
      const { version: number, dependencies } = JSON.parse(
        readFileSync(path.join(project, "package.json"), "utf8"),
      );
      expect(version()).toMatch(new RegExp(`^breathwatch ${number}, node 24\\.`));
      const bom = JSON.parse(readFileSync(at("usr/lib/breathwatch/sbom.cdx.json"), "utf8"));
      expect(bom).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.5" });
      const inside = bom.components.map((one: { purl: string }) => one.purl);
      const asked = Object.entries(dependencies).map(
        ([name, at]) => `pkg:npm/${name.replace("@", "%40")}@${String(at)}`,
      );
      expect(asked.filter((purl) => !inside.includes(purl))).toEqual([]);
    });

    asRoot.test(
      "starts as its user by the line of its unit, serves pages, and stops when it is asked",
      async () => {
        const unit = readFileSync(at("lib/systemd/system/breathwatch.service"), "utf8");
        const [, line = ""] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
        const [program = "", ...args] = line
          .split(" ")
          .map((word) => (word.startsWith("/") ? at(word) : word));
        const { uid, gid } = user();
        const state = at("var/lib/breathwatch");
        mkdirSync(state, { mode: 0o700 });
        chownSync(state, uid, gid);
        writeFileSync(
          at("etc/breathwatch/breathwatch.yaml"),
          "zone: Asia/Shanghai\nweb: { port: 0 }\nbus: { port: 0 }\naudio: { enabled: false }\n" +
            "beds:\n  - id: b1\n    watch: { from: '00:00', to: '23:59' }\n    devices:\n      - { family: nonin-serial, port: 'memory:finger' }\n",
        );
        const manager = await openNotifySocket();
        const env = { PATH: "/usr/bin:/bin", STATE_DIRECTORY: state, NOTIFY_SOCKET: manager.path };
        const child = spawn(program, args, { cwd: state, uid, gid, env, stdio: ["ignore", "pipe", "pipe"] });
        home = child;
        let words = "";
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          words += text;
        });
        const url = await new Promise<string>((resolve, reject) => {
          let data = "";
          child.stdout.setEncoding("utf8").on("data", (text: string) => {
            data += text;
            if (data.includes("\n")) resolve(data.split("\n", 1)[0] ?? "");
          });
          child.on("exit", () => reject(new Error(words)));
        });
        const told = (line: string) =>
          vi.waitFor(() => expect(manager.told()).toContain(line), { timeout: 60_000, interval: 100 });
        await told("READY=1");
        expect((await fetch(url.replace(/#.*/, ""))).status).toBe(200);
        const ended = new Promise((resolve) => {
          child.on("exit", resolve);
        });
        child.kill("SIGTERM");
        await ended;
        await told("STOPPING=1");
        expect(existsSync(path.join(state, "control.json"))).toBe(false);
        expect(readdirSync(state)).toContain("state.sqlite");
      },
    );

    asRoot.test("keeps nights and configuration through an upgrade and a removal, until it is purged", () => {
      dpkg("--install", newerOf(first));
      expect(version()).toMatch(/^breathwatch 9\.0\.0,/);
      const kept = ["etc/breathwatch/breathwatch.yaml", "var/lib/breathwatch/state.sqlite"];
      expect(kept.filter((place) => !existsSync(at(place)))).toEqual([]);
      dpkg("--remove", "breathwatch");
      expect(existsSync(at("usr/lib/breathwatch/node"))).toBe(false);
      expect(kept.filter((place) => !existsSync(at(place)))).toEqual([]);
      dpkg("--purge", "breathwatch");
      const left = readdirSync(root, { recursive: true, encoding: "utf8" });
      expect(left.filter((place) => place.includes("breathwatch"))).toEqual([]);
    });
  });
});
