// Who may import whom. The table is the rule; everything below it only turns it into dependency-cruiser's language.
// docs/adr/0001-tooling.md says why; `npm run check` also asserts that every source file was looked at.

/**
 * One line a folder: the folders of ours it may import, besides itself and src/port, and the libraries.
 *   folders  names below src/; "driver/contract" is that one file (or the folder of that name)
 *   types    may be imported with `import type` only
 *   npm      library names; "@fastify/" is every package of that scope
 *   node     "any", "quiet" (nothing that reaches outside the process), or "none" (also runs in a browser)
 */
const table = {
  domain: { folders: [], npm: [], node: "none" },
  port: { folders: ["domain"], npm: [], node: "none" },

  wire: { folders: ["domain"], npm: [], node: "quiet" },
  // Sealing, passwords, certificates: bytes to bytes, no file and no network.
  crypt: { folders: ["domain"], npm: [], node: "quiet" },
  words: { folders: ["domain"], npm: [], node: "none" },
  sound: { folders: ["domain"], npm: [], node: "none" },
  trends: { folders: ["domain"], npm: [], node: "quiet" },
  record: { folders: ["domain", "crypt"], npm: [], node: "quiet" },

  driver: { folders: ["domain", "wire"], npm: [], node: "quiet" },
  rehearsal: { folders: ["domain", "wire", "driver/contract"], npm: ["yaml", "typebox"], node: "quiet" },
  transport: {
    folders: ["domain", "wire", "driver/contract"],
    npm: ["serialport", "mqtt", "yauzl", "node-hid", "@stoprocent/noble", "dbus-next"],
    node: "any",
  },

  alarm: { folders: ["domain", "words"], npm: [], node: "quiet" },
  watch: { folders: ["domain", "words", "alarm/event", "alarm/events"], npm: [], node: "quiet" },

  notify: { folders: ["domain", "words", "sound"], types: ["config"], npm: ["web-push", "ws"], node: "any" },
  bus: {
    folders: ["domain", "words", "sound", "crypt"],
    types: ["config"],
    npm: ["mqtt", "aedes", "typebox", "ws"],
    node: "any",
  },
  store: {
    folders: ["domain", "words", "sound", "crypt"],
    types: ["config"],
    npm: ["typebox", "@influxdata/influxdb-client"],
    node: "any",
  },
  report: {
    folders: ["domain", "words", "sound", "trends"],
    types: ["config"],
    npm: ["typebox"],
    node: "any",
  },
  server: {
    folders: ["domain", "words", "alarm/fold", "trends", "report", "crypt"],
    types: ["config"],
    npm: ["fastify", "@fastify/", "ws", "typebox", "@simplewebauthn/server", "openid-client"],
    node: "any",
  },
  config: { folders: ["domain", "crypt"], npm: ["yaml", "typebox"], node: "any" },
  ops: { folders: ["domain", "crypt"], npm: ["nodemailer"], node: "any" },
};

/** The composition roots (the edge in three pages) and what stands above them: they may import everything. */
const roots = "^src/(home|rehearse|(edge|hub)(|-[a-z]+))\\.ts$";
const above = "^src/(cli\\.ts|cli/|bench/)";

const device = {
  folders: ["domain", "wire", "driver/contract", "driver/exchange"],
  npm: [],
  node: "quiet",
};

const dashboards = {
  // A folder picked on a page is packed there, as the command line packs one.
  folders: ["domain", "words", "sound", "wire/zip"],
  types: ["server/contract"],
  npm: ["preact", "@preact/signals", "uplot", "qr"],
  node: "none",
};

/** Built-in modules that reach outside the process, or bring a clock of their own. */
const outside =
  "^(node:)?(fs|net|http|https|http2|child_process|cluster|dgram|dns|tls|tty|os|process|readline|repl|sqlite|" +
  "worker_threads|inspector|timers|perf_hooks|v8|vm|wasi|test)(/|$)";

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two files that need each other at run time are one file, or hide a third.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "nothing-unresolved",
      comment: "An import that leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "declared-libraries-only",
      comment: "A library that package.json does not name is there by luck.",
      severity: "error",
      from: { path: "^(src|devices|dashboards)/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown"] },
    },
    {
      name: "no-test-library-in-the-product",
      severity: "error",
      from: { path: "^(src|devices)/" },
      to: { path: "^test/|^node_modules/(vitest|fast-check|playwright-core|axe-core)/" },
    },
    {
      name: "only-the-command-line-imports-roots",
      comment: "Roots compose; only the command line, benchmarks and tests start them.",
      severity: "error",
      from: { pathNot: [roots, above, "^test/"] },
      to: { path: roots },
    },
    {
      name: "nobody-imports-the-command-line",
      comment: "src/cli.ts, src/cli/ and src/bench/ stand above everything else.",
      severity: "error",
      from: { pathNot: [above, "^test/"] },
      to: { path: above },
    },
    {
      name: "only-roots-list-devices",
      severity: "error",
      from: { path: "^src/", pathNot: [roots, above] },
      to: { path: "^devices/" },
    },
    {
      name: "nobody-imports-pages",
      severity: "error",
      from: { path: "^(src|devices)/" },
      to: { path: "^dashboards/" },
    },
    ...Object.entries(table).flatMap(([folder, row]) => rules(`src/${folder}`, `^src/${folder}/`, row)),
    ...rules("devices", "^devices/[^/]+/", device).map(ownDeviceOnly),
    {
      name: "devices/index may import",
      comment: "The one list of devices: their modules and the contract.",
      severity: "error",
      from: { path: "^devices/[^/]+\\.ts$" },
      to: { pathNot: ["^devices/", "^src/(port|domain)/", target("driver/contract")] },
    },
    ...rules("dashboards", "^dashboards/", dashboards).map(withoutBuildConfig),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Ours alone: most libraries lie in a dist/ of their own, and are to be judged.
    exclude: { path: "^dist/|^dashboards/(dist|[.]building-)|/fixtures/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".d.ts"],
      mainFields: ["module", "main", "types"],
    },
  },
};

/** The three rules of one row: our own folders, libraries, Node's built-in modules. */
function rules(name, from, row) {
  const allowed = [from, "^src/port/", ...row.folders.map(target)];
  const typesOnly = (row.types ?? []).map(target);
  return [
    {
      name: `${name} may import`,
      comment: `only: port${row.folders.map((folder) => `, ${folder}`).join("")}${(row.types ?? []).map((t) => `, ${t} as type`).join("")}`,
      severity: "error",
      from: { path: from },
      to: { path: "^(src|devices|dashboards|test)/", pathNot: [...allowed, ...typesOnly] },
    },
    ...typesOnly.map((path) => ({
      name: `${name} may import as type only`,
      comment: "Write `import type`: nothing of it may reach the running program.",
      severity: "error",
      from: { path: from },
      to: { path, dependencyTypesNot: ["type-only"] },
    })),
    {
      name: `${name} may use libraries`,
      comment: `only: ${row.npm.join(", ") || "none"}`,
      severity: "error",
      from: { path: from },
      to: { path: "^node_modules/", pathNot: row.npm.flatMap(library) },
    },
    ...(row.node === "any"
      ? []
      : [
          {
            name: `${name} may use Node`,
            comment:
              row.node === "none"
                ? "not at all: it also runs in a browser"
                : "only what stays inside the process; disk, network, clock and processes come through ports",
            severity: "error",
            from: { path: from },
            to:
              row.node === "none"
                ? { dependencyTypes: ["core"] }
                : { dependencyTypes: ["core"], path: outside },
          },
        ]),
  ];
}

/** "alarm/fold" is that file or that folder; "domain" is the folder. */
function target(folder) {
  return folder.includes("/") ? `^src/${folder}(\\.ts$|/)` : `^src/${folder}/`;
}

/** Type packages stand for the library they describe. */
function library(name) {
  const types = name.startsWith("@") ? name.slice(1).replace("/", "__") : name;
  const end = name.endsWith("/") ? "" : "/";
  return [`^node_modules/${name}${end}`, `^node_modules/@types/${types}${end}`];
}

/** A device is an island: of devices/ it may import its own folder only. */
function ownDeviceOnly(rule) {
  if (rule.name !== "devices may import") return rule;
  const pathNot = rule.to.pathNot.map((path) => (path === "^devices/[^/]+/" ? "^devices/$1/" : path));
  return { ...rule, from: { path: "^devices/([^/]+)/" }, to: { ...rule.to, pathNot } };
}

/** The build's own settings run in Node, not in a page. */
function withoutBuildConfig(rule) {
  return { ...rule, from: { ...rule.from, pathNot: "^dashboards/vite\\.config\\.ts$" } };
}
