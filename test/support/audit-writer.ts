// Writes the audit record of a bed until it is killed, and says on stdout which records were acknowledged.
import { createClock } from "../../src/ops/clock.ts";
import { createDisk } from "../../src/ops/disk.ts";
import { openAuditLog } from "../../src/record/audit.ts";

const [root = ""] = process.argv.slice(2);
const clock = createClock();
const audit = await openAuditLog({
  disk: createDisk(root),
  clock,
  log: { note: () => undefined },
  folder: "audit-b1",
  // Small, so that a kill falls on a new file, too.
  fileBytes: 3_000,
});
const { damage, newest } = audit.recovered;
process.stdout.write(`recovered ${damage ?? "whole"} ${newest?.n ?? 0}\n`);
let next = (newest?.n ?? 0) * 1_000;
for (;;) {
  // Three at a time, so that a kill falls between records that share a sync, too.
  const three = [next++, next++, next++];
  await Promise.all(
    three.map((revision) =>
      audit.append({
        kind: "watch",
        at: clock.wall(),
        trusted: true,
        limits: 0,
        revision,
        watch: { on: true, reason: "schedule", since: clock.wall() },
      }),
    ),
  );
  process.stdout.write(`safe ${three.join(" ")}\n`);
}
