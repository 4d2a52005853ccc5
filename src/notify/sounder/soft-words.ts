import type { Actor } from "../../domain/alarm.ts";
import { isButton } from "../../domain/button.ts";
import type { Language } from "../../domain/person.ts";
import { wordsIn } from "../../words/index.ts";
import { fill } from "../../words/template.ts";
import type { SoftText } from "./room.ts";

/** Longer names are none that a child would say. */
const NAME_MAX = 40;
/** An English voice spells other scripts out as "Chinese letter"; a Chinese one reads both. */
const LATIN = /^[\p{Script=Latin}\p{Mark}\p{Number}\s'’.-]+$/u;

/** "Help has been called." */
export const helpCalledText = (language: Language): SoftText => ({
  text: wordsIn(language).rooms.helpCalled,
  chimes: 1,
});

/** "Mei is coming.", or "Somebody is coming." for a button that nobody gave a name, and for names that the voice cannot say. */
export function comingText(language: Language, { id, name }: Actor): SoftText {
  const { coming, somebodyComing } = wordsIn(language).rooms;
  const spoken = name.trim();
  const isSayable =
    !isButton(id) && spoken !== "" && spoken.length <= NAME_MAX && (language !== "en" || LATIN.test(spoken));
  return { text: isSayable ? fill(coming, { name: spoken }) : somebodyComing, chimes: 2 };
}

/** Texts that stay the same, to be rendered before they are needed. */
export const softTexts = (language: Language): readonly string[] => {
  const { helpCalled, somebodyComing } = wordsIn(language).rooms;
  return [helpCalled, somebodyComing];
};
