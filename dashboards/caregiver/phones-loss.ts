import type { LossResponse } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "../shared/api.ts";
import type { Caution } from "../shared/confirm.tsx";
import type { Page } from "../shared/page.ts";

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
