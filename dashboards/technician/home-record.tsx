import { useSignal } from "@preact/signals";
import { isAuditAction } from "../../src/domain/audit-action.ts";
import type { HomeAuditResponse } from "../../src/server/contract/people.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";

const isRecord = hasKeys<HomeAuditResponse>("entries");
const SHOWN = 25;

/** What people did in a home, newest first, for its owner; what there are no words for as it is written down. */
export function HomeRecord(props: { readonly home: string }) {
  const page = usePage();
  const format = page.format.value;
  const { words } = format;
  const text = words.pages.technician.record;
  const known = useSignal<HomeAuditResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const zone = page.heard.value?.beds[0]?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

  async function show(before?: string): Promise<void> {
    const query = new URLSearchParams({ limit: String(SHOWN), ...(before === undefined ? {} : { before }) });
    const answer = await page.api.get(`/api/homes/${props.home}/audit?${query}`, isRecord);
    trouble.value = answer.ok ? undefined : answer.problem;
    if (!answer.ok) return;
    const earlier = before === undefined ? [] : (known.value?.entries ?? []);
    known.value = { ...answer.value, entries: [...earlier, ...answer.value.entries] };
  }

  const next = known.value?.next;
  return (
    <section class="card" aria-label={text.title}>
      <h2>{text.title}</h2>
      <p class="small">{text.hint}</p>
      {known.value === undefined ? (
        <button type="button" onClick={() => page.handOver(show())}>
          {text.show}
        </button>
      ) : (
        <ul class="home-record">
          {known.value.entries.map(({ id, at, action, detail, by }) => (
            <li key={id}>
              <span class="small">{format.dateTime(at, zone)}</span>{" "}
              <strong>{by?.name ?? text.nobody}</strong>{" "}
              {isAuditAction(action) ? words.actions[action] : <code lang="en">{action}</code>}{" "}
              <span class="small detail">{detail}</span>
            </li>
          ))}
        </ul>
      )}
      {next !== undefined && (
        <button type="button" onClick={() => page.handOver(show(next))}>
          {words.people.homes.more}
        </button>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </section>
  );
}
