import { SECOND_MS } from "../../src/domain/time.ts";
import type { MetricValue, NightResponse } from "../../src/server/contract.ts";
import { type Format, lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { ScrollArea } from "../shared/scroll-area.tsx";

/** Below this share of valid time a metric is shown greyed and called insufficient. */
const COVERAGE_MIN = 0.7;

/** The night's metrics with what they were computed from; never a number without its coverage. */
export function Metrics(props: { readonly night: NightResponse }) {
  const format = usePage().format.value;
  const { therapist } = format.words.pages;
  const { metrics } = props.night;
  const known = Object.keys(format.words.terms.metrics).filter((id) => Object.hasOwn(metrics, id));
  const others = Object.keys(metrics).filter((id) => !known.includes(id));
  return (
    <section>
      <h2>{therapist.metrics}</h2>
      {known.length + others.length === 0 ? (
        <p class="empty">{therapist.noMetrics}</p>
      ) : (
        <ScrollArea label={therapist.metrics}>
          <table>
            <thead>
              <tr>
                <th scope="col">{therapist.measure}</th>
                <th scope="col">{therapist.value}</th>
                <th scope="col">{therapist.coverage}</th>
                <th scope="col">{therapist.rule}</th>
              </tr>
            </thead>
            <tbody>
              {[...known, ...others].map((id) => {
                const metric = metrics[id];
                return metric === undefined ? null : <Row key={id} id={id} metric={metric} />;
              })}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </section>
  );
}

function Row(props: { readonly id: string; readonly metric: MetricValue }) {
  const { id, metric } = props;
  const format = usePage().format.value;
  const { therapist } = format.words.pages;
  const insufficient = metric.value === null || (metric.coverage < COVERAGE_MIN && id !== "COVERAGE");
  return (
    <tr class={insufficient ? "insufficient" : undefined} data-metric={id}>
      <th scope="row">{lookUp(format.words.terms.metrics, id) ?? id}</th>
      <td>
        {metric.value !== null && valueWords(format, metric.value, metric.unit)}
        {insufficient && <em> {therapist.insufficient}</em>}
      </td>
      <td>{`${format.number(metric.coverage * 100, 0)} %`}</td>
      <td>
        <code>{metric.rule}</code>
      </td>
    </tr>
  );
}

function valueWords(format: Format, value: number, unit: string): string {
  if (unit === "s") return format.age(value * SECOND_MS);
  const digits = format.number(value, Number.isInteger(value) ? 0 : 1);
  const words = format.unit(unit);
  return words === "" ? digits : `${digits} ${words}`;
}
