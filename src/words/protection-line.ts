import type { Protection } from "../domain/protection.ts";
import type { Words } from "./en.ts";
import { fill } from "./template.ts";

/** How times are written in the language and zone of who reads. */
export interface ProtectionTimes {
  /** A proof that counts: "21:50". */
  time(at: number): string;
  /** One that does not any more: "Tuesday". */
  day(at: number): string;
}

/**
 * What tonight rests on, in one line: "Protected tonight: Mei (proven 21:50). Ba is rung too, but that phone has not proved
 * itself since Tuesday." A phone that may stay silent protects nobody, whatever it has proved.
 */
export function protectionLine(
  { evening: { line } }: Pick<Words, "evening">,
  { level, people, unprovenOnCall, sounder, pillow }: Protection,
  times: ProtectionTimes,
): string {
  const broken = sounder ? [] : [line.noSounder];
  if (level === "none") return joined([line.none, ...broken]);
  if (level === "nobody") return joined([line.nobody, ...broken]);
  const beside =
    pillow === undefined ? [] : [fill(line.pillow, { time: times.time(pillow.at), name: pillow.by })];
  if (level === "sounder" && !people.some(({ isProven }) => isProven)) {
    return joined([...beside, ...(people.length === 0 ? [] : [line.nobody])]);
  }
  const names = people
    .filter(({ isWoken }) => isWoken)
    .map(({ name, provenAt = 0 }) => fill(line.proven, { name, time: times.time(provenAt) }));
  const silent = people
    .filter(({ isProven, isWoken }) => isProven && !isWoken)
    .map(({ name, provenAt = 0 }) => fill(line.mayStaySilent, { name, time: times.time(provenAt) }));
  const others = people
    .filter(({ isProven, name }) => !isProven && name !== unprovenOnCall)
    .map(({ name, provenAt }) =>
      provenAt === undefined
        ? fill(line.rungNever, { name })
        : fill(line.rungToo, { name, time: times.day(provenAt) }),
    );
  return joined([
    ...(level === "sounder"
      ? beside
      : [level === "silent" ? line.silent : fill(line.protected, { names: names.join(line.joiner) })]),
    ...(unprovenOnCall === undefined ? [] : [fill(line.onCall, { name: unprovenOnCall })]),
    ...silent,
    ...others,
    ...broken,
  ]);
}

/** Sentences as one text; Chinese full stops bring their own space. */
export const joined = (sentences: readonly string[]): string =>
  sentences.reduce((text, next) => `${text}${text.endsWith("。") ? "" : " "}${next}`);
