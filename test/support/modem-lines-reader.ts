// A program of its own, because a library can only be slipped under a program when it starts: opens the modem lines of
// the port named by its argument, tells every packet as a line of JSON, and writes each number from stdin as outputs.
import { createInterface } from "node:readline";
import { Fault } from "../../src/domain/fault.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createLinks } from "../../src/transport/links.ts";
import { OUTPUTS_CHANNEL } from "../../src/wire/modem-lines.ts";

const tell = (what: object): void => {
  process.stdout.write(`${JSON.stringify(what)}\n`);
};
const stopping = new AbortController();
try {
  const links = createLinks({ clock: createClock() });
  const opened = await links.openPackets(process.argv[2] ?? "", { kind: "lines" }, stopping.signal);
  tell({ simulated: opened.simulated });
  const input = createInterface(process.stdin);
  input.on("line", (line) => {
    opened.link.write({ channel: OUTPUTS_CHANNEL, bytes: Uint8Array.of(Number(line)) }).then(
      () => tell({ wrote: Number(line) }),
      (error: Fault) => tell({ refused: error.code }),
    );
  });
  input.on("close", () => void opened.link.close());
  for await (const { channel, bytes } of opened.link.chunks) tell({ channel, bits: bytes[0] });
  tell({ end: "closed" });
} catch (error) {
  tell({ end: error instanceof Fault ? error.code : String(error), message: (error as Error).message });
  process.exit(0);
}
