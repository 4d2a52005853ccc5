import { MINUTE_MS } from "../../src/domain/time.ts";
import type { HealthFinding, HealthReport } from "../../src/port/health.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { usePoll } from "./poll.ts";

const isReport = hasKeys<HealthReport>("findings", "upMs");
const POLL_MS = MINUTE_MS / 2;
const WORST_FIRST = { error: 0, warning: 1, ok: 2 } as const;

/** How the box itself is, in words, the worst first. Nothing before the first answer: the page says so elsewhere. */
export function Health(props: { readonly title?: string }) {
  const { format } = usePage();
  const { health } = format.value.words.pages.technician;
  const { answer } = usePoll("/api/health", isReport, POLL_MS);
  if (answer.value?.ok !== true) return null;
  const { findings, upMs, version } = answer.value.value;
  const sorted = findings.toSorted((a, b) => WORST_FIRST[a.level] - WORST_FIRST[b.level]);
  const title = props.title ?? health.title;
  return (
    <section id="health" aria-label={title}>
      <h2>{title}</h2>
      <ul class="health">
        {sorted.map((finding) => (
          <Line key={finding.id} finding={finding} />
        ))}
      </ul>
      <p class="quiet">{fill(health.running, { value: version, age: format.value.age(upMs) })}</p>
    </section>
  );
}

function Line(props: { readonly finding: HealthFinding }) {
  const { id, level, detail, count } = props.finding;
  const { health } = usePage().format.value.words.pages.technician;
  const words = fill(health[id][level], { value: String(count ?? "") });
  return (
    <li class={`health-${level}`}>
      <strong>{health.levels[level]}</strong> {words}
      {/* What the machine said, in its own words. */}
      {level !== "ok" && detail !== undefined && <small lang="en"> {detail}</small>}
    </li>
  );
}
