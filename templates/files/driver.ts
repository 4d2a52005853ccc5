import { bothAbsent, createOximetry, inWords } from "../../src/domain/oximetry.ts";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { looks, pieces } from "../../src/wire/card.ts";
import { FRAME, isRecording } from "./codec.ts";

type Context = DriverContext<FileLink>;

/** Reads the card, and reads on while it grows. What was read of each file is remembered, so nothing comes twice. */
export async function* observeDevice(context: Context): AsyncGenerator<DeviceReading> {
  const done = new Map<string, number>();
  let newest = 0;

  async function* read({ path, bytes }: FileEntry): AsyncGenerator<DeviceReading> {
    const { link, trace } = context;
    const oximetry = createOximetry();
    const from = done.get(path) ?? 0;
    for await (const piece of pieces(link, path, { from, to: bytes, unit: FRAME.lengthBytes })) {
      for (let at = 0; at < piece.length; at += FRAME.lengthBytes) {
        const record = piece.subarray(at, at + FRAME.lengthBytes);
        const rule = FRAME.check(record, 0);
        if (rule !== 0) {
          trace.reject(record, FRAME.refusals[rule - 1] ?? "unknown");
          continue;
        }
        const { seconds, spo2, pulse, finger } = FRAME.decode(record, 0);
        // The store keeps one reading of an instant; a clock that goes back would overwrite a night.
        if (seconds <= newest) {
          trace.reject(record, "goes back in time");
          continue;
        }
        newest = seconds;
        const samples = finger ? oximetry(spo2, pulse, "not_measured") : bothAbsent("sensor_off");
        trace.frame(record, () => `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`);
        yield { body: { kind: "samples", samples }, deviceAt: wall(seconds * SECOND_MS) };
      }
      done.set(path, (done.get(path) ?? 0) + piece.length);
    }
  }

  yield* looks(context, async function* (files) {
    for (const file of files) if (isRecording(file.path)) yield* read(file);
  });
}
