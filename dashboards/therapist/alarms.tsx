import type { NightResponse } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { ScrollArea } from "../shared/scroll-area.tsx";

const ICONS = { high: "▲", medium: "◆", low: "●" } as const;

/** Every alarm of the night: when, what, how long, who answered and after how long. */
export function NightAlarms(props: { readonly night: NightResponse }) {
  const format = usePage().format.value;
  const { words } = format;
  const { therapist, common } = words.pages;
  const { night } = props;
  return (
    <section>
      <h2>{therapist.alarms}</h2>
      {night.alarms.length === 0 ? (
        <p class="empty">{therapist.noAlarms}</p>
      ) : (
        <ScrollArea label={therapist.alarms}>
          <table>
            <thead>
              <tr>
                <th scope="col">{therapist.began}</th>
                <th scope="col">{therapist.alarm}</th>
                <th scope="col">{therapist.lasted}</th>
                <th scope="col">{therapist.answeredBy}</th>
              </tr>
            </thead>
            <tbody>
              {night.alarms.map(({ occurrence, endedAt, acknowledgedBy, acknowledgedAt }) => (
                <tr key={occurrence.id}>
                  <th scope="row">{format.time(occurrence.raisedAt, night.zone, true)}</th>
                  <td>
                    <span aria-hidden="true" class={`shape-${occurrence.priority}`}>
                      {ICONS[occurrence.priority]}
                    </span>{" "}
                    {words.terms.priorities[occurrence.priority]} ·{" "}
                    {format.conditionTitle(occurrence.condition)}
                    {occurrence.drill && <span class="tag tag-drill">{common.drill}</span>}
                    {occurrence.simulated && <span class="tag">{common.simulated}</span>}
                  </td>
                  <td>
                    {endedAt === undefined ? therapist.open : format.age(endedAt - occurrence.raisedAt)}
                  </td>
                  <td>
                    {acknowledgedBy ?? therapist.unanswered}{" "}
                    {acknowledgedAt !== undefined &&
                      fill(therapist.answeredAfter, {
                        age: format.age(acknowledgedAt - occurrence.raisedAt),
                      })}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </section>
  );
}
