import type { DeviceReading, DriverContext, OptionSpecs, OptionValues } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createAutoDecoder } from "./auto-decoder.ts";
import { ACK, FORMAT_COMMAND_3150, FORMAT_COMMAND_9560, NAK } from "./codec.ts";
import { createDisplayDecoder } from "./display-decoder.ts";
import { createPacketDecoder } from "./packet-decoder.ts";
import type { Decoder, Sink } from "./reading.ts";
import { createSpotDecoder } from "./spot-decoder.ts";

export const NONIN_OPTIONS = {
  format: {
    kind: "choice",
    values: ["auto", "2", "7", "8", "13"],
    default: "auto",
    help: "Data format that the oximeter sends; auto finds out. 13 is for spot checks, not for nights.",
  },
  family: {
    kind: "choice",
    values: ["none", "9560", "3150"],
    default: "none",
    help: "Oximeter that must be told which format to send; none for OEM III, Xpod and others set by themselves.",
  },
} as const satisfies OptionSpecs;

/** Reads a Nonin oximeter; see README.md for what each format can tell. */
export async function* observeNonin(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { link, options, signal, trace, zone } = context;
  const ready: DeviceReading[] = [];
  const decoder = createDecoder(options, zone, {
    reading: (reading) => ready.push(reading),
    frame: (bytes, meaning) => trace.frame(bytes, meaning),
    reject: (bytes, reason) => trace.reject(bytes, reason),
  });
  const command = formatCommand(options);
  let awaitsReply = command !== undefined;
  if (command !== undefined) {
    await link.write(command);
    trace.sent(command, () => `send format ${String(options["format"])}`);
  }
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    let bytes = chunk;
    if (awaitsReply && bytes.length > 0) {
      awaitsReply = false;
      const reply = bytes.subarray(0, 1);
      if (reply[0] === ACK) trace.frame(reply, () => "format command accepted");
      if (reply[0] === NAK) {
        trace.reject(reply, "the oximeter refused the format command; it answers it in the first 5 s only");
        yield { body: { kind: "status", codes: ["format_refused"] } };
      }
      if (reply[0] === ACK || reply[0] === NAK) bytes = bytes.subarray(1);
    }
    decoder.push(bytes);
    for (const reading of ready) yield reading;
    ready.length = 0;
  }
}

function createDecoder(options: OptionValues, zone: string, sink: Sink): Decoder {
  const hasSensorSocket = options["family"] !== "9560";
  switch (String(options["format"])) {
    case "2":
      return createPacketDecoder(2, hasSensorSocket, sink);
    case "7":
      return createPacketDecoder(7, hasSensorSocket, sink);
    case "8":
      return createDisplayDecoder(sink);
    case "13":
      return createSpotDecoder(zone, sink);
    default:
      return createAutoDecoder(hasSensorSocket, zone, sink);
  }
}

/** The command for a device that has to be told; none with `auto`, which takes what comes. */
function formatCommand(options: OptionValues): Uint8Array | undefined {
  const format = Number(options["format"]);
  if (!Number.isInteger(format)) return undefined;
  if (options["family"] === "9560") return FORMAT_COMMAND_9560.encode({ format });
  if (options["family"] !== "3150") return undefined;
  return FORMAT_COMMAND_3150.encode({ format, spotCheck: format === 13, radioAtPowerOn: true });
}
