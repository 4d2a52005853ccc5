// Writes a record log until it is killed, and says on stdout which entries were acknowledged.
import { createClock } from "../../src/ops/clock.ts";
import { createDisk } from "../../src/ops/disk.ts";
import { createRandom } from "../../src/ops/random.ts";
import { openRecordLog } from "../../src/record/log.ts";

const [root = ""] = process.argv.slice(2);
const clock = createClock();
const records = await openRecordLog<number>({
  disk: createDisk(root),
  clock,
  random: createRandom(),
  log: { note: () => undefined },
  path: "journal.log",
  decode: (value) => (typeof value === "number" ? value : undefined),
});
const { entries } = records.recovered;
process.stdout.write(
  `recovered ${records.recovered.damaged ? "damaged" : "whole"} ${JSON.stringify(entries)}\n`,
);
let next = (entries.at(-1) ?? -1) + 1;
for (;;) {
  // Three at a time, so that a kill falls between entries that share a sync, too; now and then a compaction.
  const three = [next++, next++, next++];
  if (next % 60 === 0) await records.rewrite(three);
  else await Promise.all(three.map((entry) => records.append(entry)));
  process.stdout.write(`safe ${three.join(" ")}\n`);
}
