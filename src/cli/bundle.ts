import { open } from "node:fs/promises";
import path from "node:path";
import { machineZone } from "../ops/machine.ts";
import { createZip } from "../wire/zip.ts";
import { type BundlePart, bundleParts } from "./bundle/parts.ts";
import { command } from "./command.ts";
import { findConfiguration } from "./configuration.ts";

/** `breathwatch bundle`: what somebody who helps needs to know of this box, and nothing else. */
export const bundleCommand = command({
  name: "bundle",
  usage: "[--show] [--out FILE.zip] [--hide TEXT]... [--config FILE]",
  about:
    "Makes a file for whoever helps: version, settings without their texts, what check says, how the running program\n" +
    "is, the last lines of its log. No names, no measured values, no addresses, no serial numbers, no secrets. Without\n" +
    "--out it writes nothing and lists what would be inside; --show prints every word of it. Nothing is sent: you\n" +
    "look at it, and hand it on yourself.",
  options: {
    show: { type: "boolean", help: "prints everything that would be inside" },
    out: { type: "string", value: "FILE.zip", help: "writes it; a file that is there is not replaced" },
    hide: {
      type: "string",
      multiple: true,
      value: "TEXT",
      help: "takes this out as well, wherever it stands",
    },
    config: { type: "string", value: "FILE", help: "the configuration" },
  },
  examples: ["breathwatch bundle --show | less", "breathwatch bundle --out support.zip --hide Smith"],
  async run({ values }, terminal) {
    const { file, dataDir } = await findConfiguration(values.config, terminal, { zone: machineZone() });
    const sources = { ...(file === undefined ? {} : { configFile: file }), dataDir, hide: values.hide ?? [] };
    const parts = await bundleParts(sources, terminal);
    for (const { name, about, text } of parts) {
      await terminal.print(`${name}  ${Buffer.byteLength(text)} bytes  ${about}\n`);
    }
    if (values.show === true) {
      for (const { name, text } of parts) await terminal.print(`\n===== ${name}\n${text}`);
    }
    if (values.out === undefined) {
      terminal.say("Nothing was written. --show prints every word of it, --out FILE.zip writes it.");
      return 0;
    }
    const out = path.resolve(terminal.folder, values.out);
    await write(out, parts);
    terminal.say(`Written: ${out}. Nothing was sent; look at it before you hand it on.`);
    return 0;
  },
});

/** Rejects where the file is there already. */
async function write(file: string, parts: readonly BundlePart[]): Promise<void> {
  const zip = createZip();
  const handle = await open(file, "wx", 0o600);
  try {
    for (const { name, text } of parts) {
      const bytes = new TextEncoder().encode(text);
      await handle.writeFile(zip.begin(`breathwatch-support/${name}`));
      zip.data(bytes);
      await handle.writeFile(bytes);
      await handle.writeFile(zip.end());
    }
    await handle.writeFile(zip.close());
  } finally {
    await handle.close();
  }
}
