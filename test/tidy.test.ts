// The repository's own rules as tests, after TigerBeetle's tidy.zig. Each failure names the file, the line and what to
// write instead.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { FAULTS } from "../src/domain/fault.ts";

const root = path.join(import.meta.dirname, "..");
const sources = files("src", "devices", "dashboards").filter((file) => /\.tsx?$/.test(file));
const tests = files("test").filter((file) => file.endsWith(".ts"));
const scripts = files("scripts", ".ci").concat(here(/\.(ts|cjs|mjs)$/));
const prose = files("docs", "devices", "packaging", "dashboards").concat(here(/\.md$/)).filter(isMarkdown);
const everything = [...new Set([...sources, ...tests, ...scripts, ...prose, ...files("packaging")])].filter(
  isText,
);

const commandLine = ["src/cli.ts", "src/cli/", "src/bench/"];
const machine = [...commandLine, "src/config/", "src/ops/"];

/** What must not be called, what to use instead, and the places (file or folder/) that are the exception. */
const banned: readonly { what: string; call: RegExp; instead: string; except: readonly string[] }[] = [
  {
    what: "reads a clock of its own",
    call: /\b(?:Date|performance)\.now\(|\bnew Date\(\)|\bprocess\.(?:hrtime|uptime)\b/,
    instead: "clock.wall() or clock.mono()",
    except: ["src/ops/", "src/bench/", "dashboards/"],
  },
  {
    what: "sets a timer of its own",
    call: /\bset(?:Timeout|Interval|Immediate)\(|\bAbortSignal\.timeout\(/,
    instead: "clock.after(), clock.every() or clock.sleep()",
    // The bus's client waits for the end of the loop's turn, which is no time.
    except: ["src/ops/", "src/rehearsal/clock.ts", "src/bus/client.ts", "dashboards/"],
  },
  {
    what: "throws dice of its own",
    call: /\bMath\.random\(/,
    instead: "the random port",
    except: ["src/ops/"],
  },
  { what: "prints", call: /\bconsole\.\w/, instead: "log.note()", except: commandLine },
  { what: "reads the environment", call: /\bprocess\.env\b/, instead: "the configuration", except: machine },
  {
    what: "ends the process",
    call: /\bprocess\.exit\(/,
    instead: "a fault that reaches the command line",
    // The Bluetooth process is a program of its own, which ends with its parent.
    except: [...machine, "src/transport/ble-child.ts"],
  },
];

describe("what the source may call", () => {
  test.each(banned)("nothing $what outside its place; it takes $instead", ({ call, instead, except }) => {
    const places = sources.filter((file) => !except.some((place) => isAt(file, place)));
    expect(places.flatMap((file) => found(file, call, `use ${instead}`, withoutComments))).toEqual([]);
  });

  test("no file exports a default, so that a thing has one name everywhere", () => {
    const code = [...sources, ...tests].filter((file) => !file.endsWith(".config.ts"));
    const pattern = /^export default\b|\bas default\b/;
    expect(code.flatMap((file) => found(file, pattern, "export it by name", withoutComments))).toEqual([]);
  });
});

describe("what must not stay behind", () => {
  test("no mark of unfinished work", () => {
    // Spelled apart, so that this file passes its own rule.
    const marks = new RegExp(
      `\\b(?:${["TO-DO", "FIX-ME", "X-XX", "HA-CK"].join("|").replaceAll("-", "")})\\b`,
    );
    expect(everything.flatMap((file) => found(file, marks, "finish it, or write an issue"))).toEqual([]);
  });

  test("no path of one machine", () => {
    const paths = new RegExp(`/(?:${["work", "root"].join("|")})/`);
    expect(everything.flatMap((file) => found(file, paths, "name it relative to the project"))).toEqual([]);
  });

  test("no test is switched off or alone, except for a reason that test/support/require.ts names", () => {
    const off =
      /\b(?:it|test|describe|suite|context|ctx)\.(?:skip|only|todo|fails|skipIf|runIf)\b|\bx(?:it|describe)\(/;
    const places = tests.filter((file) => file !== "test/support/require.ts");
    expect(places.flatMap((file) => found(file, off, "use requires() or recordings()"))).toEqual([]);
  });
});

describe("shape", () => {
  test("no source file is longer than 500 lines", () => {
    const long = sources.filter((file) => read(file).split("\n").length > 501);
    expect(long).toEqual([]);
  });

  test("every source folder has its line in the table of who may import whom", () => {
    const config = createRequire(import.meta.url)("../.dependency-cruiser.cjs");
    const known = config.forbidden.map((rule: { name: string }) => rule.name);
    const folders = readdirSync(path.join(root, "src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !["cli", "bench"].includes(entry.name))
      .filter((entry) => files(`src/${entry.name}`).some((file) => file.endsWith(".ts")))
      .filter((entry) => !known.includes(`src/${entry.name} may import`));
    expect(folders.map((entry) => `src/${entry.name}`)).toEqual([]);
  });

  test("every file directly in src is a composition root, a page of one, or the command line", () => {
    const roots = /^((edge|hub)(-[a-z]+)?|home|rehearse|cli)\.ts$/;
    const others = readdirSync(path.join(root, "src")).filter(
      (name) => name.endsWith(".ts") && !roots.test(name),
    );
    expect(others).toEqual([]);
  });

  test("every device folder has its codec, driver, simulator, page and fixtures", () => {
    const needed = ["codec.ts", "driver.ts", "simulator.ts", "README.md", "fixtures"];
    const missing = deviceFolders().flatMap((id) =>
      needed
        .filter((name) => !existsSync(path.join(root, "devices", id, name)))
        .map((name) => `devices/${id}/${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("the lock holds no download address", () => {
    const lock: { packages: Record<string, { resolved?: string }> } = JSON.parse(read("package-lock.json"));
    const addressed = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);
    expect(addressed.map(([name]) => name)).toEqual([]);
  });

  test("every version in package.json is exact", () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read("package.json"));
    const all: [string, string][] = Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test("CI runs the test command of the README and nothing else", () => {
    const lines = read(".ci/run")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines).toEqual(["exec npm test"]);
  });
});

describe("documents", () => {
  test("every fault code is explained in docs/faults.md", () => {
    const explained = existsSync(path.join(root, "docs/faults.md")) ? read("docs/faults.md") : "";
    const missing = Object.keys(FAULTS).filter((code) => !new RegExp(`\\b${code}\\b`).test(explained));
    expect(missing).toEqual([]);
  });

  test("every alarm condition stands in docs/alarms.md", () => {
    const explained = existsSync(path.join(root, "docs/alarms.md")) ? read("docs/alarms.md") : "";
    const missing = files("src/alarm/conditions")
      .filter((file) => file.endsWith(".ts") && path.basename(file) !== "index.ts")
      .flatMap((file) => {
        const ids = [...read(file).matchAll(/\bid: "([A-Z][A-Z0-9_]+)"/g)].map((match) => match[1] ?? "");
        if (ids.length === 0) return [`${file}: declares no id: "..."`];
        return ids.filter((id) => !new RegExp(`\\b${id}\\b`).test(explained)).map((id) => `${file}: ${id}`);
      });
    expect(missing).toEqual([]);
  });

  test("every page starts with its one title", () => {
    const untitled = prose.filter((file) => {
      const lines = read(file)
        .replaceAll(/^```[\s\S]*?^```/gm, "")
        .split("\n")
        .filter((line) => line.trim() !== "");
      return !/^# \S/.test(lines[0] ?? "") || lines.filter((line) => /^# \S/.test(line)).length !== 1;
    });
    expect(untitled).toEqual([]);
  });
});

/** Where a pattern stands in a file, as "file:line: advice". */
function found(file: string, pattern: RegExp, advice: string, prepare = (text: string) => text): string[] {
  return prepare(read(file))
    .split("\n")
    .flatMap((line, index) =>
      pattern.test(line) ? [`${file}:${index + 1}: ${advice}: ${line.trim()}`] : [],
    );
}

/** Blanks comments, keeping the lines. A "//" after a colon is taken for an address inside a string. */
function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ""))
    .replaceAll(/(?<!:)\/\/.*$/gm, "");
}

function files(...folders: string[]): string[] {
  return folders.flatMap((folder) => {
    if (!existsSync(path.join(root, folder))) return [];
    return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      if (["node_modules", "dist", "fixtures"].includes(entry.name) || entry.name.startsWith(".building"))
        return [];
      const place = `${folder}/${entry.name}`;
      return entry.isDirectory() ? files(place) : [place];
    });
  });
}

/** Files directly in the project's folder. */
function here(pattern: RegExp): string[] {
  return readdirSync(root).filter((name) => pattern.test(name));
}

function deviceFolders(): string[] {
  if (!existsSync(path.join(root, "devices"))) return [];
  return readdirSync(path.join(root, "devices"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "scenarios")
    .map((entry) => entry.name);
}

const isAt = (file: string, place: string): boolean =>
  place.endsWith("/") ? file.startsWith(place) : file === place;

function isMarkdown(file: string): boolean {
  return file.endsWith(".md");
}

function isText(file: string): boolean {
  return /\.(tsx?|mjs|cjs|md|sh|ya?ml|json|service)$|\/run$/.test(file);
}

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
