import { createNews } from "../../src/domain/news.ts";
import type { ObservationBody, OwnAlarmBody } from "../../src/domain/observation.ts";
import { bothAbsent, createOximetry, flagsOf, type Oximetry } from "../../src/domain/oximetry.ts";
import { absent, measured, type Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLineFramer } from "../../src/wire/line.ts";
import {
  ALARMS,
  alarmsOf,
  decodeLine,
  exceptionsOf,
  gateOf,
  isSilenced,
  LONGEST_LINE_BYTES,
  type MasimoLine,
} from "./codec.ts";

/** Reads the text of a Masimo bedside oximeter; README.md says which exception makes a number absent. */
export async function* observeMasimo(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { link, clock, trace, signal } = context;
  const oximetry = createOximetry();
  const isNews = createNews();
  const ready: ObservationBody[] = [];
  const framer = createLineFramer({
    end: "lf",
    maxBytes: LONGEST_LINE_BYTES,
    onLine(bytes, whole) {
      const line = decodeLine(bytes, whole);
      if (line === "blank") return;
      if (typeof line === "string") return trace.reject(bytes, line);
      trace.frame(bytes, () => meaningOf(line));
      ready.push({ kind: "samples", samples: samplesOf(line, oximetry), ...flagsIn(line) });
      for (const body of slowBodies(line)) if (isNews(body, clock.mono())) ready.push(body);
    },
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    framer.push(chunk);
    for (const body of ready.splice(0)) yield { body };
  }
}

function samplesOf(line: MasimoLine, oximetry: Oximetry): Samples {
  const gate = gateOf(line);
  if (gate !== undefined) {
    // A saturation from before does not speak for what comes after the sensor was off.
    oximetry(undefined, undefined, gate);
    return { ...bothAbsent(gate), ...("perfusion" in line && { perfusion_index: absent(gate) }) };
  }
  const { perfusion } = line;
  return {
    ...oximetry(line.spo2, line.pulse, "not_measured"),
    ...("perfusion" in line && {
      perfusion_index:
        perfusion === undefined ? absent("not_measured") : measured("perfusion_index", perfusion),
    }),
  };
}

function flagsIn(line: MasimoLine): ReturnType<typeof flagsOf> {
  const set = exceptionsOf(line.exceptions).flatMap(({ flag }) => flag ?? []);
  return flagsOf(Object.fromEntries(set.map((flag) => [flag, true])));
}

/** What is the same for minutes: the monitor's alarms, its exceptions, its serial number. */
function slowBodies(line: MasimoLine): readonly ObservationBody[] {
  const codes = exceptionsOf(line.exceptions).map(({ code }) => code);
  return [
    ownAlarmBody(line),
    { kind: "status", codes: isSilenced(line) ? [...codes, "alarm_silenced"] : codes },
    ...(line.serial === undefined ? [] : [{ kind: "identity", serial: line.serial } as const]),
  ];
}

function ownAlarmBody(line: MasimoLine): OwnAlarmBody {
  const active = alarmsOf(line);
  return {
    kind: "ownAlarm",
    alarms: ALARMS.map((alarm) => ({
      code: alarm.code,
      text: alarm.text,
      priority: alarm.priority,
      active: active.includes(alarm),
    })),
  };
}

function meaningOf(line: MasimoLine): string {
  const codes = [...exceptionsOf(line.exceptions), ...alarmsOf(line)].map(({ code }) => code);
  const numbers = `SpO2 ${line.spo2 ?? "none"}, pulse ${line.pulse ?? "none"}`;
  return codes.length === 0 ? numbers : `${numbers}; ${codes.join(", ")}`;
}
