import { Check, Errors } from "typebox/value";
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { isLoopbackHost } from "../domain/address.ts";
import { DEFAULT_SCHEDULE } from "../domain/bed.ts";
import type { FaultCode } from "../domain/fault.ts";
import type { BedConfig, HomeConfig, LogConfig } from "./config.ts";
import { keyProblems, keysWithDefaults } from "./keys.ts";
import { nearest } from "./nearest.ts";
import { oidcProblems, oidcWithDefaults } from "./oidc.ts";
import { type ConfigFile, HomeConfigSchema } from "./schema.ts";
import { sounderProblems, sounderWithDefaults } from "./sounder.ts";
import { storeProblem, storeWithDefaults } from "./store.ts";

/** One line of `breathwatch check`: what is so, where, and what to do about it. */
export interface Finding {
  readonly level: "error" | "warning" | "ok";
  readonly code?: FaultCode;
  /** `line 12, beds.0.devices.1.port` or the thing examined. */
  readonly where: string;
  readonly what: string;
  readonly fix?: string;
}

/** What the reader must know of device families, so that configuration does not import them. */
export interface KnownFamily {
  readonly id: string;
  /** A sentence when the options do not fit, else undefined. */
  /** Why it cannot be the sensor of a night; absent where it can. */
  readonly unsuited?: string;
  optionsProblem(options: { readonly [name: string]: string | number | boolean }): string | undefined;
}

export interface ReadResult {
  /** Present when no finding is an error. */
  readonly config?: HomeConfig;
  readonly dataDir?: string;
  readonly findings: readonly Finding[];
}

/** A push service wants an address to complain to; this one is only a stand-in until the family gives theirs. */
export const DEFAULT_PUSH_SUBJECT = "mailto:breathwatch@example.org";

/** Reads a configuration text. Never throws: every mistake becomes a finding with its line and its fix. */
export function readConfig(
  text: string,
  families: readonly KnownFamily[],
  machine: { readonly zone: string },
): ReadResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      findings: document.errors.slice(0, 10).map((error) => ({
        level: "error",
        code: "CONFIG_SYNTAX",
        where: `line ${error.linePos?.[0].line ?? 1}`,
        what: error.message.split("\n")[0] ?? "not valid YAML",
        fix: "Check the indentation (spaces, no tabs) and the colons of this line.",
      })),
    };
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const place = (path: string): string => {
    const keys = path.split("/").slice(1);
    const line = lineOf(document.contents, keys, lines);
    return `${line === undefined ? "" : `line ${line}, `}${keys.join(".") || "the file"}`;
  };
  if (value === null || value === undefined) {
    return {
      findings: [
        {
          level: "error",
          code: "CONFIG_INVALID",
          where: "the file",
          what: "the configuration is empty",
          fix: "Start from docs/configuration.md: at least one bed with one device.",
        },
      ],
    };
  }
  if (!Check(HomeConfigSchema, value)) return { findings: schemaFindings(value, place) };
  const file: ConfigFile = value;
  const meant = meaningFindings(file, families, machine, place);
  if (meant.some((finding) => finding.level === "error")) return { findings: meant };
  const result = { config: withDefaults(file, machine), findings: meant };
  return file.dataDir === undefined ? result : { ...result, dataDir: file.dataDir };
}

/** The module files that a configuration text names, as written; none where it cannot be read. */
export function moduleFilesOf(text: string, key: "deviceModules" | "channelModules"): readonly string[] {
  const document = parseDocument(text, { uniqueKeys: true });
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 0 });
  if (typeof value !== "object" || value === null) return [];
  const files: unknown = Reflect.get(value, key);
  return Array.isArray(files) ? files.filter((file) => typeof file === "string") : [];
}

/** Line of the deepest node on the way to a key path that exists. */
function lineOf(root: unknown, keys: readonly string[], lines: LineCounter): number | undefined {
  let node: unknown = root;
  let offset = 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined) break;
      if (isScalar(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(key)];
      if (item === undefined) break;
      if (isNode(item) && item.range) offset = item.range[0];
      node = item;
    } else break;
  }
  return keys.length === 0 ? undefined : lines.linePos(offset).line;
}

function schemaFindings(value: unknown, place: (path: string) => string): Finding[] {
  const findings: Finding[] = [];
  const unions = new Set<string>();
  for (const error of Errors(HomeConfigSchema, value)) {
    if (findings.length >= 20) break;
    if (error.keyword === "additionalProperties") {
      for (const key of error.params.additionalProperties) {
        findings.push(unknownKey(`${error.instancePath}/${key}`, key, place));
      }
    } else if (error.keyword === "required") {
      for (const key of error.params.requiredProperties) {
        findings.push({
          level: "error",
          code: "CONFIG_INVALID",
          where: place(error.instancePath),
          what: `"${key}" is missing`,
          fix: `Add "${key}"; docs/configuration.md shows an example.`,
        });
      }
    } else if (error.keyword === "const" || error.keyword === "anyOf") {
      if (unions.has(error.instancePath)) continue;
      unions.add(error.instancePath);
      const allowed = allowedValues(error.instancePath);
      findings.push({
        level: "error",
        code: "CONFIG_INVALID",
        where: place(error.instancePath),
        what: "this value is not one of the allowed ones",
        fix: allowed.length > 0 ? `Use one of: ${allowed.join(", ")}.` : "See docs/configuration.md.",
      });
    } else if (error.keyword !== "boolean") {
      findings.push({
        level: "error",
        code: "CONFIG_INVALID",
        where: place(error.instancePath),
        what: error.message,
        fix: descriptionAt(error.instancePath) ?? "See docs/configuration.md.",
      });
    }
  }
  return findings;
}

interface SchemaNode {
  readonly properties?: { readonly [key: string]: SchemaNode };
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly type?: unknown;
  readonly description?: string;
}

function schemaAt(path: string): SchemaNode | undefined {
  let node: SchemaNode | undefined = HomeConfigSchema;
  for (const key of path.split("/").slice(1)) {
    node = node?.properties?.[key] ?? (/^\d+$/.test(key) ? node?.items : undefined);
  }
  return node;
}

const allowedValues = (path: string): readonly string[] =>
  (schemaAt(path)?.anyOf ?? []).flatMap((option) => (typeof option.const === "string" ? [option.const] : []));

const descriptionAt = (path: string): string | undefined => schemaAt(path)?.description;

function unknownKey(path: string, key: string, place: (path: string) => string): Finding {
  const parent = schemaAt(path.slice(0, path.lastIndexOf("/")));
  const known = Object.keys(parent?.properties ?? {});
  const guess = nearest(key, known);
  return {
    level: "error",
    code: "CONFIG_UNKNOWN_KEY",
    where: place(path),
    what: `"${key}" is not a setting here`,
    fix: guess === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean "${guess}"?`,
  };
}

/** What a schema cannot say: unknown families, options, zones, doubled ids, security. */
function meaningFindings(
  file: ConfigFile,
  families: readonly KnownFamily[],
  machine: { readonly zone: string },
  place: (path: string) => string,
): Finding[] {
  const findings: Finding[] = [];
  const error = (code: FaultCode, path: string, what: string, fix: string): void => {
    findings.push({ level: "error", code, where: place(path), what, fix });
  };
  const store = storeProblem(file.store);
  if (store !== undefined) error("CONFIG_INVALID", store.path, store.what, store.fix);
  for (const { path, what, fix } of oidcProblems(file.hub?.oidc)) error("CONFIG_INVALID", path, what, fix);
  const devicePorts = (file.beds ?? []).flatMap((bed) => bed.devices.map(({ port }) => port));
  const house = {
    ...{ device: file.audio?.device, beds: (file.beds ?? []).map(({ id }) => id), ports: devicePorts },
  };
  for (const { path, what, fix } of sounderProblems(file.sounder, house))
    error("CONFIG_INVALID", path, what, fix);
  for (const { path, what, fix } of keyProblems(file.keys ?? [], devicePorts))
    error("CONFIG_INVALID", path, what, fix);
  const zone = file.zone ?? machine.zone;
  if (!isZone(zone)) {
    error(
      "CONFIG_INVALID",
      "/zone",
      `"${zone}" is not a time zone`,
      "Use an IANA name such as Asia/Shanghai.",
    );
  }
  const bedIds = new Set<string>();
  const ports = new Map<string, string>();
  if (file.hub === undefined && file.beds === undefined) {
    error("CONFIG_INVALID", "", '"beds" is missing', 'Add "beds"; docs/configuration.md shows an example.');
  }
  if (file.hub !== undefined && file.beds !== undefined) {
    const fix = "Leave beds out here: they stand in the configuration of each box (`breathwatch edge`).";
    error("CONFIG_INVALID", "/beds", "a hub has no beds of its own", fix);
  }
  if (file.hub !== undefined && !isEncrypted(file) && !isLoopbackHost(file.hub.boxes?.host ?? "0.0.0.0")) {
    const fix = "Add web.tls with cert and key, or web.ownAuthority; boxes check that certificate.";
    error("HTTP_INSECURE", "/hub", "boxes would reach this hub without encryption", fix);
  }
  (file.beds ?? []).forEach((bed, b) => {
    if (bedIds.has(bed.id))
      error(
        "CONFIG_INVALID",
        `/beds/${b}/id`,
        `bed ${bed.id} is there twice`,
        "Give each bed its own id: b1, b2...",
      );
    bedIds.add(bed.id);
    bed.devices.forEach((device, d) => {
      const path = `/beds/${b}/devices/${d}`;
      const family = families.find((known) => known.id === device.family);
      if (family === undefined) {
        const guess = nearest(
          device.family,
          families.map((known) => known.id),
        );
        error(
          "CONFIG_UNKNOWN_DEVICE",
          `${path}/family`,
          `there is no device family "${device.family}"`,
          guess === undefined ? 'List the families with "breathwatch devices".' : `Did you mean "${guess}"?`,
        );
      } else {
        const problem = family.optionsProblem(device.options ?? {});
        if (problem !== undefined) {
          error("CONFIG_INVALID", `${path}/options`, problem, `See the README of ${device.family}.`);
        }
        const simulated = /^(?:memory|replay):/.test(device.port);
        if (family.unsuited !== undefined && device.insist !== true && !simulated) {
          error(
            "CONFIG_INVALID",
            `${path}/family`,
            `${device.family} cannot be the sensor of a night: ${family.unsuited}`,
            "Choose another device (docs/kit.md), or write `insist: true` here to use it all the same.",
          );
        }
      }
      const other = ports.get(device.port);
      if (other !== undefined) {
        error(
          "CONFIG_INVALID",
          `${path}/port`,
          `the port is already used by ${other}`,
          "Give each device its own port.",
        );
      }
      ports.set(device.port, `${bed.id} ${device.family}`);
    });
  });
  const host = file.web?.host ?? "127.0.0.1";
  if (file.web?.tls !== undefined && file.web.ownAuthority === true) {
    const fix = "Leave one of them out.";
    error("CONFIG_INVALID", "/web/ownAuthority", "there is a certificate in web.tls already", fix);
  }
  if (!isLoopbackHost(host) && !isEncrypted(file)) {
    error(
      "HTTP_INSECURE",
      "/web/host",
      `pages on ${host} would leave this machine without encryption`,
      "Add web.tls with cert and key, or web.ownAuthority, or listen on 127.0.0.1.",
    );
  }
  if (file.channels?.webPush === undefined) {
    findings.push({
      level: "warning",
      code: "CHANNEL_CONFIG",
      where: "channels.webPush.subject",
      what: "no contact address for push services is set; a stand-in is used and some services refuse it",
      fix: "Set channels.webPush.subject to mailto: and your own address.",
    });
  }
  return findings;
}

export const isEncrypted = ({ web }: ConfigFile): boolean =>
  web?.tls !== undefined || web?.ownAuthority === true;

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false; // RangeError is how Intl says "no such zone"
  }
}

const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

const MEGABYTE = 1_000_000;

function logWithDefaults({
  level,
  file,
  megabytes = 10,
  keep = 5,
}: NonNullable<ConfigFile["log"]>): LogConfig {
  return {
    ...(level === undefined ? {} : { level }),
    ...(file === undefined ? {} : { file: { path: file, bytesMax: megabytes * MEGABYTE, keep } }),
  };
}

function withDefaults(file: ConfigFile, machine: { readonly zone: string }): HomeConfig {
  const beds: BedConfig[] = (file.beds ?? []).map((bed) => ({
    id: bed.id,
    label: bed.label ?? bed.id,
    dependencyClass: bed.dependencyClass ?? "B",
    schedule:
      bed.watch === undefined
        ? DEFAULT_SCHEDULE
        : { fromMinute: minutes(bed.watch.from), toMinute: minutes(bed.watch.to) },
    devices: bed.devices.map((device) => ({
      family: device.family,
      port: device.port,
      label: device.label ?? device.family,
      options: device.options ?? {},
    })),
  }));
  const { web, bus, hub, homeAssistant, relay, audio, keep, channels } = file;
  return {
    zone: file.zone ?? machine.zone,
    language: file.language ?? "en",
    beds,
    ...(hub === undefined
      ? {}
      : {
          hub: {
            name: hub.name,
            boxes: {
              host: hub.boxes?.host ?? "0.0.0.0",
              port: hub.boxes?.port ?? 8883,
              ...(hub.boxes?.url === undefined ? {} : { url: hub.boxes.url }),
            },
            ...(hub.oidc === undefined ? {} : { oidc: oidcWithDefaults(hub.oidc) }),
          },
        }),
    web: {
      host: web?.host ?? "127.0.0.1",
      port: web?.port ?? 8420,
      ...(web?.otherNames === undefined ? {} : { otherNames: web.otherNames }),
      name: web?.name ?? (web?.host === undefined || isLoopbackHost(web.host) ? "localhost" : web.host),
      ...(web?.tls === undefined ? {} : { tls: { certFile: web.tls.cert, keyFile: web.tls.key } }),
      ...(web?.ownAuthority === true ? { ownAuthority: true } : {}),
    },
    bus: {
      host: bus?.host ?? "127.0.0.1",
      port: bus?.port ?? 1883,
      ...(bus?.url === undefined ? {} : { url: bus.url }),
      ...(bus?.username === undefined ? {} : { username: bus.username }),
      ...(bus?.password === undefined ? {} : { password: bus.password }),
    },
    webPush: {
      subject: channels?.webPush?.subject ?? DEFAULT_PUSH_SUBJECT,
      allowPrivateEndpoints: channels?.webPush?.allowPrivateEndpoints ?? false,
    },
    webhooks: channels?.webhooks ?? [],
    security: file.security?.keyFile === undefined ? {} : { keyFile: file.security.keyFile },
    ...(file.metrics === undefined ? {} : { metrics: { token: file.metrics.token } }),
    ...(homeAssistant === undefined
      ? {}
      : { homeAssistant: { prefix: homeAssistant.prefix ?? "homeassistant" } }),
    ...(relay === undefined
      ? {}
      : {
          relay: { server: relay.server, ...(relay.token === undefined ? {} : { token: relay.token }) },
        }),
    audio: {
      enabled: audio?.enabled ?? true,
      ...(audio?.device === undefined ? {} : { device: audio.device }),
      ...(audio?.server === undefined ? {} : { server: audio.server }),
    },
    ...(file.sounder === undefined ? {} : { sounder: sounderWithDefaults(file.sounder) }),
    ...(file.keys === undefined ? {} : { keys: keysWithDefaults(file.keys) }),
    keep: {
      ...{ waveDays: keep?.waveDays ?? 14, numberDays: keep?.numberDays ?? 3650 },
      ...(keep?.gigabytes === undefined ? {} : { gigabytes: keep.gigabytes }),
    },
    ...(file.log === undefined ? {} : { log: logWithDefaults(file.log) }),
    store: storeWithDefaults(file.store),
    demo: false,
  };
}
