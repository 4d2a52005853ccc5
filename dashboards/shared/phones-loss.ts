import type { LossResponse } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "./api.ts";
import type { Caution } from "./confirm.tsx";
import type { Page } from "./page.ts";

const isLoss = hasKeys<LossResponse>("told", "woken");

/** Who would be woken no more if what `path` names went; undefined: nobody, or the box does not say. */
export async function lossOf(page: Page, path: string): Promise<Caution | undefined> {
  const answer = await page.api.get(`${path}/loss`, isLoss);
  if (!answer.ok) return undefined;
  const format = page.format.value;
  const { loss } = format.words.plan;
  const { told, woken } = answer.value;
  const names = (people: LossResponse["told"]): string => format.list(people.map(({ name }) => name));
  const texts = [
    ...(told.length === 0 ? [] : [fill(loss.told, { list: names(told) })]),
    ...(woken.length === 0 ? [] : [fill(loss.woken, { list: names(woken) })]),
  ];
  return texts.length === 0 ? undefined : { text: texts.join(" "), label: loss.sure };
}

/** The address of what takes phones away, once somebody has read who loses by it. */
export const agreeing = (path: string, isAgreed: boolean): string =>
  isAgreed ? `${path}?fewer=agreed` : path;
