import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { MINUTE_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { BenchBroker } from "./broker.ts";
import { type Program, type Programs, Unmeasured } from "./programs.ts";

export const NODE_RED_VERSION = "4.1.15";
const PACKAGES = { "node-red": NODE_RED_VERSION, "node-red-node-serialport": "2.0.3" };
const INSTALL_MS = 5 * MINUTE_MS;

/** A folder with Node-RED in it. Rejects with Unmeasured when npm cannot install it. */
export async function installNodeRed(folder: string, programs: Programs, clock: Clock): Promise<string> {
  const place = path.join(folder, "node-red");
  await mkdir(place, { recursive: true });
  const manifest = { name: "bench", version: "1.0.0", private: true, dependencies: PACKAGES };
  await writeFile(path.join(place, "package.json"), JSON.stringify(manifest));
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = programs.start("npm", args, { cwd: place });
  const cancel = clock.after(INSTALL_MS, () => npm.kill("SIGKILL"));
  const code = await npm.ended;
  cancel();
  if (code !== 0) {
    throw new Unmeasured(`npm could not install Node-RED: ${npm.said().trim().slice(-300)}`);
  }
  return place;
}

/** What the function node runs: the same framing as our bare script, on blocks of a frame's length. */
const PARSE = `
let bytes = context.get("rest");
bytes = bytes && bytes.length ? Buffer.concat([bytes, msg.payload]) : msg.payload;
const packet = context.get("packet") || [];
const out = [];
let at = 0;
while (bytes.length - at >= 5) {
  const sum = (bytes[at] + bytes[at + 1] + bytes[at + 2] + bytes[at + 3]) & 255;
  if (bytes[at] !== 1 || bytes[at + 1] < 128 || sum !== bytes[at + 4]) { at += 1; continue; }
  if ((bytes[at + 1] & 1) !== 0) packet.length = 0;
  else if (packet.length === 0) { at += 5; continue; }
  packet.push(bytes[at + 3]);
  at += 5;
  if (packet.length !== 25) continue;
  const counter = ((packet[5] & 127) << 7) | (packet[6] & 127);
  const last = context.get("last");
  if (last !== undefined && ((counter - last) & 16383) < 3) { packet.length = 0; continue; }
  context.set("last", counter);
  const pulse = ((packet[0] & 3) << 7) | (packet[1] & 127);
  out.push({ payload: JSON.stringify({ spo2: packet[2] & 127, pulse, counter }) });
  packet.length = 0;
}
context.set("rest", bytes.subarray(at));
context.set("packet", packet);
return [out];
`;

/** Starts Node-RED with one flow: serial in -> function -> mqtt out at QoS 1. */
export async function startNodeRed(options: {
  readonly programs: Programs;
  readonly place: string;
  readonly editorPort: number;
  readonly port: string;
  readonly broker: BenchBroker;
  readonly topic: string;
}): Promise<Program> {
  const { programs, place, editorPort, port, broker, topic } = options;
  await writeFile(path.join(place, "flows.json"), JSON.stringify(flow(port, broker, topic)));
  const credentials = { broker: { user: broker.username, password: broker.password } };
  await writeFile(path.join(place, "flows_cred.json"), JSON.stringify(credentials));
  await writeFile(path.join(place, "settings.cjs"), settings(editorPort));
  const red = path.join(place, "node_modules", "node-red", "red.js");
  return programs.start(process.execPath, [red, "-s", path.join(place, "settings.cjs")], { cwd: place });
}

/** As installed, but on loopback and without talking to anybody. */
const settings = (editorPort: number): string => `module.exports = {
  uiPort: ${editorPort},
  uiHost: "127.0.0.1",
  userDir: __dirname,
  flowFile: "flows.json",
  credentialSecret: false,
  logging: { console: { level: "warn", metrics: false, audit: false } },
  telemetry: { enabled: false, updateNotification: false },
  externalModules: { autoInstall: false, palette: { allowInstall: false } },
};
`;

function flow(port: string, broker: BenchBroker, topic: string): readonly object[] {
  const at = { z: "tab", y: 80 };
  return [
    { id: "tab", type: "tab", label: "oximeter" },
    {
      id: "port",
      type: "serial-port",
      serialport: port,
      serialbaud: "9600",
      databits: "8",
      parity: "none",
      stopbits: "1",
      waitfor: "",
      newline: "5",
      bin: "bin",
      out: "count",
      addchar: "",
      responsetimeout: "10000",
    },
    {
      id: "broker",
      type: "mqtt-broker",
      broker: "127.0.0.1",
      port: String(broker.port),
      autoConnect: true,
      usetls: false,
      protocolVersion: "4",
      keepalive: "60",
      cleansession: true,
    },
    { ...at, id: "in", type: "serial in", serial: "port", x: 100, wires: [["parse"]] },
    { ...at, id: "parse", type: "function", func: PARSE, outputs: 1, libs: [], x: 250, wires: [["out"]] },
    {
      ...at,
      id: "out",
      type: "mqtt out",
      topic,
      qos: "1",
      retain: "false",
      broker: "broker",
      x: 400,
      wires: [],
    },
  ];
}
