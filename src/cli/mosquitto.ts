import { access, mkdir, open, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { mosquittoConfig, mosquittoUsersFile, USERS_FILE } from "../bus/mosquitto.ts";
import { messageOf } from "../domain/fault.ts";
import { command, invalidInput, needed, numberOf, UsageError } from "./command.ts";
import type { Terminal } from "./terminal.ts";

const PLUGIN = "mosquitto_dynamic_security.so";

/** `breathwatch mosquitto`: the broker beside a hub of many homes, ready to start. */
export const mosquittoCommand = command({
  name: "mosquitto",
  usage: "--folder DIR [--cert FILE --key FILE]",
  about:
    "Writes what a Mosquitto beside a hub of many homes needs: mosquitto.conf with TLS for boxes, limits and\n" +
    "persistence, and the users file with the hub in it. The hub adds, changes and removes boxes from then on,\n" +
    "while Mosquitto runs.\n\n" +
    "Prints the `bus` lines of the hub's configuration; the password in them is shown this once. A users file\n" +
    "that is there already is left alone: it holds the boxes.",
  options: {
    folder: { type: "string", value: "DIR", help: "for configuration, users and retained messages" },
    port: { type: "string", value: "N", help: "for the hub, on this machine; default 1883" },
    cert: { type: "string", value: "FILE", help: "certificate chain for boxes, PEM; read again on SIGHUP" },
    key: { type: "string", value: "FILE", help: "its key, PEM" },
    "tls-port": { type: "string", value: "N", help: "for boxes; default 8883" },
    user: { type: "string", value: "NAME", help: "Linux user that Mosquitto runs as; default its own" },
    plugin: { type: "string", value: "FILE", help: `${PLUGIN}; default: where Debian has it` },
  },
  examples: [
    "breathwatch mosquitto --folder /var/lib/mosquitto/breathwatch --cert /etc/ssl/hub.pem --key /etc/ssl/hub.key",
    "chown -R mosquitto: /var/lib/mosquitto/breathwatch",
    "mosquitto -c /var/lib/mosquitto/breathwatch/mosquitto.conf",
  ],
  async run({ values }, terminal) {
    const absolute = (file: string): string => path.resolve(terminal.folder, file);
    const folder = absolute(needed(values.folder, "--folder DIR"));
    if ((values.cert === undefined) !== (values.key === undefined)) {
      throw new UsageError("--cert and --key go together.");
    }
    const port = numberOf(values.port ?? "1883", "--port", 1, 65_535);
    const tls =
      values.cert === undefined || values.key === undefined
        ? undefined
        : {
            port: numberOf(values["tls-port"] ?? "8883", "--tls-port", 1, 65_535),
            certFile: absolute(values.cert),
            keyFile: absolute(values.key),
          };
    const text = mosquittoConfig({
      ...{ folder, port },
      plugin: values.plugin === undefined ? await findPlugin() : absolute(values.plugin),
      ...(values.user === undefined ? {} : { user: values.user }),
      ...(tls === undefined ? {} : { tls }),
    });
    await writeBoth(folder, text, port, terminal);
    if (tls === undefined) terminal.say("Without --cert and --key only this machine can connect.");
    return 0;
  },
});

async function writeBoth(folder: string, config: string, port: number, terminal: Terminal): Promise<void> {
  const hubPassword = Buffer.from(terminal.random.bytes(24)).toString("base64url");
  const users = mosquittoUsersFile({ hubPassword, boxes: [] }, terminal.random);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(path.join(folder, "mosquitto.conf"), config);
    const isNew = await writeNew(path.join(folder, USERS_FILE), users);
    if (isNew) {
      const url = `mqtt://127.0.0.1:${port}`;
      await terminal.print(`bus:\n  url: ${url}\n  username: hub\n  password: ${hubPassword}\n`);
    } else terminal.say(`${USERS_FILE} is there already and stays as it is; the hub keeps its password.`);
  } catch (error) {
    throw invalidInput(
      `${folder} cannot be written: ${messageOf(error)}.`,
      "Run this as a user who may write there.",
      error,
    );
  }
  terminal.say(`Start it: mosquitto -c ${path.join(folder, "mosquitto.conf")}`);
}

/** False when the file is there already. */
async function writeNew(file: string, text: string): Promise<boolean> {
  if (await isThere(file)) return false;
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
  return true;
}

/** Debian keeps libraries in a folder for each kind of processor. */
async function findPlugin(): Promise<string> {
  const folders = await readdir("/usr/lib").catch(() => []);
  for (const folder of folders) {
    const file = path.join("/usr/lib", folder, PLUGIN);
    if (folder.endsWith("-linux-gnu") && (await isThere(file))) return file;
  }
  throw invalidInput(
    `${PLUGIN} is not on this machine.`,
    "Install mosquitto, or say where it is: --plugin FILE.",
  );
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
