import { existsSync } from "node:fs";
import path from "node:path";
import type { HomeConfig } from "../config/config.ts";
import type { Finding } from "../config/read.ts";
import { keyFileOf } from "../ops/key-file.ts";
import { folderFacts, machineZone } from "../ops/machine.ts";
import { createLinks } from "../transport/links.ts";
import { channelFindings } from "./check/channels.ts";
import { coverageFindings } from "./check/coverage.ts";
import { error, findingLine, ok, warning } from "./check/finding.ts";
import { machineFindings } from "./check/machine.ts";
import { networkFindings } from "./check/network.ts";
import { oidcFindings } from "./check/oidc.ts";
import { sourceFindings } from "./check/sources.ts";
import { storeFindings } from "./check/store.ts";
import { brokerLogin, surroundingsFindings } from "./check/surroundings.ts";
import { command } from "./command.ts";
import { type FoundConfiguration, findConfiguration } from "./configuration.ts";
import type { Terminal } from "./terminal.ts";

/** `breathwatch check`: configuration and machine, one line a finding. */
export const checkCommand = command({
  name: "check",
  usage: "[--config FILE]",
  about:
    "Reads the configuration and looks at this machine, and says what would keep the watch from working and what\n" +
    "to do about it. One line a finding: level (ok, warning, error), where, what -> fix, with two blanks between\n" +
    "them. Real ports are opened for a moment. Nothing is changed. Exit code 1 when there is an error.\n\n" +
    "Without --config it reads ./breathwatch.yaml, else /etc/breathwatch/breathwatch.yaml.",
  options: { config: { type: "string", value: "FILE", help: "configuration to check" } },
  examples: ["breathwatch check", "breathwatch check --config home.yaml | grep -v ^ok"],
  async run({ values }, terminal) {
    const machine = { zone: machineZone() };
    const found = await findConfiguration(values.config, terminal, machine);
    if (found.file !== undefined) terminal.say(`checking ${found.file}`);
    const findings: Finding[] = [];
    const tell = async (more: readonly Finding[]): Promise<void> => {
      findings.push(...more);
      await terminal.print(more.map((finding) => `${findingLine(finding)}\n`).join(""));
    };
    await tell(configurationFindings(found));
    const folder = { path: found.dataDir, facts: await folderFacts(found.dataDir) };
    await tell(await machineFindings(found.config, folder, machine, terminal));
    const places = { path: found.dataDir, keyFile: keyFileOf(found.dataDir, found.config?.security.keyFile) };
    await tell(await surroundingsFindings(found.config, places, terminal));
    if (found.config !== undefined) {
      await tellHome(found.config, { ...found, heldBy: folder.facts.heldBy, places }, { tell, terminal });
    }
    terminal.signal.throwIfAborted();
    const count = (level: Finding["level"]): number =>
      findings.filter((finding) => finding.level === level).length;
    terminal.say(`errors: ${count("error")}, warnings: ${count("warning")}`);
    return count("error") > 0 ? 1 : 0;
  },
});

async function tellHome(
  config: HomeConfig,
  {
    families,
    heldBy,
    places,
  }: Pick<FoundConfiguration, "families"> & {
    readonly heldBy: number | undefined;
    readonly places: Parameters<typeof channelFindings>[0];
  },
  {
    tell,
    terminal,
  }: { readonly tell: (more: readonly Finding[]) => Promise<void>; readonly terminal: Terminal },
): Promise<void> {
  const network = await networkFindings(config, heldBy, terminal);
  await tell(network);
  const answers = network.some(({ where, level }) => where === "broker" && level === "ok");
  if (answers) await tell(await brokerLogin(config, terminal));
  await tell(await storeFindings(config, terminal));
  await tell(await oidcFindings(config, terminal));
  const links = createLinks({ clock: terminal.clock });
  try {
    await tell(await sourceFindings(config, { links, terminal, families, heldBy }));
    await tell(await channelFindings(places, { links, terminal, heldBy }));
  } finally {
    links.stop();
  }
  await tell(await coverageFindings(config, families));
}

function configurationFindings({ file, findings, config, dataDir }: FoundConfiguration): readonly Finding[] {
  if (file === undefined && existsSync(path.join(dataDir, "state.sqlite"))) {
    return [
      error(
        "configuration",
        `it is gone, and ${dataDir} belongs to a configured home: nothing will start`,
        "Put breathwatch.yaml back, or name it with --config.",
        "CONFIG_UNREADABLE",
      ),
    ];
  }
  if (file === undefined) {
    return [
      warning(
        "configuration",
        "there is none: a start shows the demo, a simulated bed that pages nobody",
        "Write breathwatch.yaml after the example in docs/configuration.md.",
      ),
    ];
  }
  return [...findings, ...(config === undefined ? [] : [ok("configuration", file)])];
}
