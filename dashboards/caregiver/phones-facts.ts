import type { ChannelView } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import type { Format } from "../shared/format.ts";

type Capabilities = ChannelView["capabilities"];

/** Something to know of a way before it is chosen. */
export interface Fact {
  readonly how: "good" | "partly" | "bad" | "plain";
  readonly text: string;
}

const HOW = { yes: "good", no: "bad", setting: "partly", partly: "partly" } as const;

/** What a way can do, in words; what does not apply to it is left out. */
export function factsOf(capabilities: Capabilities, format: Format): readonly Fact[] {
  const { facts } = format.words.phones;
  const { breaksDndIos: ios, breaksDndAndroid: android, mainlandChina: china, sounds } = capabilities;
  return [
    ...(ios === "not_applicable" ? [] : [{ how: HOW[ios], text: facts.ios[ios] }]),
    ...(android === "not_applicable" ? [] : [{ how: HOW[android], text: facts.android[android] }]),
    { how: HOW[china], text: facts.china[china] },
    ...(sounds === "not_applicable" ? [] : [{ how: "plain" as const, text: facts.sounds[sounds] }]),
    ...answerFacts(capabilities, format),
  ];
}

/** What is to be known of a way that is offered: whether it is answered there, and how often it may call. */
export function answerFacts({ acknowledges, perTarget = [] }: Capabilities, format: Format): readonly Fact[] {
  const { facts } = format.words.phones;
  return [
    acknowledges ? { how: "good", text: facts.answers.yes } : { how: "plain", text: facts.answers.no },
    ...perTarget.map(({ most, withinMs }) => ({
      ...{ how: "partly" as const, text: fill(facts.limit, { count: most, age: format.age(withinMs) }) },
    })),
  ];
}
