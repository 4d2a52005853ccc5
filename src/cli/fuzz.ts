import { DEVICES } from "../../devices/index.ts";
import { fuzzFamily } from "../bench/fuzz.ts";
import { command, numberOf } from "./command.ts";
import { familyOf } from "./recording.ts";

const BYTES = 10_000_000;

/** `breathwatch fuzz`: noise into every decoder. */
export const fuzzCommand = command({
  name: "fuzz",
  usage: "[--device ID] [--bytes N] [--seed N]",
  about:
    "Floods the driver of each device family with noise on virtual time: chance, text without meaning, and the\n" +
    "family's own stream or card with flipped, lost, added and exchanged pieces, wrong lengths and absurd counts.\n" +
    "A driver may give up with a fault and is then started again; it must throw nothing else, hold no more memory,\n" +
    "say nothing that is not honest, and understand the next clean stream within two frames (text: the next line).\n" +
    "Prints one JSON object a family; exit 1 where one failed. Ten million bytes of each take minutes a family.",
  options: {
    device: { type: "string", value: "ID", multiple: true, help: "family, repeatable; default: all" },
    bytes: { type: "string", value: "N", help: `bytes of noise a family; default ${BYTES}` },
    seed: { type: "string", value: "N", help: "the same seed gives the same noise; default 1" },
  },
  examples: ["breathwatch fuzz", "breathwatch fuzz --device nonin-serial --bytes 100000 --seed 7"],
  async run({ values }, terminal) {
    const families = values.device === undefined ? DEVICES : values.device.map((id) => familyOf(id));
    const bytes = numberOf(values.bytes ?? String(BYTES), "--bytes", 1, 1e12);
    const seed = numberOf(values.seed ?? "1", "--seed", 0, 2 ** 32 - 1);
    const { clock, signal } = terminal;
    let failed = 0;
    for (const module of families) {
      const result = await fuzzFamily(module, { bytes, seed, clock, signal });
      if (!result.ok) failed += 1;
      await terminal.print(`${JSON.stringify(result)}\n`);
    }
    if (failed > 0) terminal.say(`${failed} of ${families.length} families failed.`);
    return failed === 0 ? 0 : 1;
  },
});
