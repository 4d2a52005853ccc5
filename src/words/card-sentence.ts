import type { Card, CardEvidence } from "../domain/alarm.ts";
import { isSignalId, SIGNALS } from "../domain/signal.ts";
import type { Words } from "./en.ts";
import { fill } from "./template.ts";

/** One piece of evidence of a card in words: "leak 68 up", "oxygen 86 falling", "mains power out". */
export function evidencePhrase(words: Words, { name, value, trend }: CardEvidence): string {
  const { special, switched, trends } = words.causes.evidence;
  const whole = lookUp(special, name);
  const onOff = lookUp(switched, name);
  if (trend === "gone" && typeof value === "number") {
    return whole?.gone ?? onOff?.gone ?? fill(trends.gone, { signal: nameOf(words, name) });
  }
  if (typeof value === "string") {
    const reason = lookUp(words.terms.absences, value) ?? value;
    return fill(trends.reason, { signal: nameOf(words, name), value: reason });
  }
  if (onOff !== undefined) return value === 0 ? onOff.off : onOff.on;
  const number = rounded(name, value);
  if (whole !== undefined) return fill(whole.any, { value: number });
  return fill(trends[trend ?? "none"], { signal: nameOf(words, name), value: number });
}

/**
 * The one sentence of a card with its evidence: "Mask probably off: leak 68 up, pressure 4 down". Without evidence the
 * cause alone; undefined for a card of one alarm that stands for itself.
 */
export function cardSentence(words: Words, card: Pick<Card, "cause" | "evidence">): string | undefined {
  if (card.cause === undefined) return undefined;
  const { title, sentence } = words.causes[card.cause];
  if (card.evidence.length === 0) return title;
  const phrases = card.evidence.map((item) => evidencePhrase(words, item));
  return fill(sentence, { evidence: phrases.join(words.causes.evidence.joiner) });
}

/** Names short enough for a sentence first; whatever is not known by name keeps its id. */
function nameOf(words: Words, name: string): string {
  const { terms, causes } = words;
  return (
    lookUp(causes.evidence.names, name) ?? lookUp(terms.signals, name) ?? lookUp(terms.settings, name) ?? name
  );
}

/** In the signal's resolution, without zeros at the end. */
function rounded(name: string, value: number): string {
  const decimals = isSignalId(name) ? Math.max(0, Math.ceil(-Math.log10(SIGNALS[name].resolution))) : 0;
  return String(Number(value.toFixed(decimals)));
}

/** By a name that may have come from elsewhere. */
function lookUp<T>(list: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(list, name) ? list[name] : undefined;
}
