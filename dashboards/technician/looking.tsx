import { useSignal } from "@preact/signals";
import { splitBed } from "../../src/domain/ids.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { HomesResponse } from "../../src/server/contract/homes.ts";
import type { BoxHeard, DevicesResponse } from "../../src/server/contract/technician.ts";
import type { BedState, Me } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "../shared/api.ts";
import { elapsedMs } from "../shared/clock.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { boxNow } from "./box-now.ts";
import { Device } from "./device.tsx";
import { MoreHomes, SearchField, useHomeSearch } from "./home-search.tsx";
import { usePoll } from "./poll.ts";

const isHomes = hasKeys<HomesResponse>("homes", "total");
const isDevices = hasKeys<DevicesResponse>("devices");
const HOMES_MS = 30 * SECOND_MS;
/** A box tells of its devices every ten seconds. */
const DEVICES_MS = 5 * SECOND_MS;
/** Whose the audit record is to read (src/server/rights.ts). */
const AUDITORS: readonly string[] = ["owner", "therapist"];

/** On a hub: homes, their beds, and what the box of the chosen bed shows of its devices. */
export function Looking(props: { readonly me: Me }) {
  const page = usePage();
  const { looking } = page.format.value.words.pages.technician;
  const search = useHomeSearch();
  const { answer } = usePoll(search.path, isHomes, HOMES_MS);
  const chosen = useSignal<string | undefined>(undefined);
  const beds = page.heard.value?.beds ?? [];
  const known = answer.value?.ok === true ? answer.value.value : undefined;
  const labels = new Map(known?.homes.map(({ id, label }) => [id, label]) ?? []);
  // Of many homes those that were found; the chosen one stays.
  const shown = beds.filter(
    (each) => known === undefined || each.bed === chosen.value || labels.has(splitBed(each.bed)?.home ?? ""),
  );
  const bed = beds.find((each) => each.bed === chosen.value);
  return (
    <section id="looking" aria-label={looking.title}>
      <h2>{looking.title}</h2>
      <p class="small">{beds.length === 0 ? looking.none : looking.choose}</p>
      {known !== undefined && <SearchField search={search} total={known.total} />}
      <ul class="boxes">
        {shown.map((each) => {
          const home = splitBed(each.bed)?.home ?? "";
          return (
            <li key={each.bed}>
              <button
                type="button"
                data-bed={each.bed}
                aria-pressed={each.bed === chosen.value}
                onClick={() => {
                  chosen.value = each.bed === chosen.value ? undefined : each.bed;
                }}
              >
                {labels.get(home) ?? home} · {each.label}
              </button>
            </li>
          );
        })}
      </ul>
      {known !== undefined && <MoreHomes known={known} search={search} />}
      {bed !== undefined && <Box key={bed.bed} bed={bed} mayAudit={mayAudit(props.me, bed.bed)} />}
    </section>
  );
}

const mayAudit = ({ homes = [] }: Me, bed: string): boolean =>
  homes.some(({ home, role }) => home === splitBed(bed)?.home && AUDITORS.includes(role));

function Box(props: { readonly bed: BedState; readonly mayAudit: boolean }) {
  const page = usePage();
  const { technician, common } = page.format.value.words.pages;
  const { looking } = technician;
  const { bed } = props;
  const path = `/api/beds/${encodeURIComponent(bed.bed)}`;
  const { answer, at } = usePoll(`${path}/devices`, isDevices, DEVICES_MS);
  page.everySecond();
  const got = answer.value;
  const sinceMs = at.value === undefined ? 0 : elapsedMs(page.clock, at.value);
  return (
    <section class="box" data-box-of={bed.bed} aria-label={bed.label}>
      <h3>{bed.label}</h3>
      {got === undefined && <p class="waiting">{common.waiting}</p>}
      {got?.ok === false && <TroubleBox trouble={got.problem} />}
      {got?.ok === true && <Heard box={got.value.box} zone={bed.zone} />}
      {got?.ok === true && got.value.devices.length === 0 && <p class="empty">{looking.untold}</p>}
      {got?.ok === true &&
        got.value.devices.map((device) => (
          <Device key={device.device} device={device} sinceMs={sinceMs} afar />
        ))}
      <section class="card audit" aria-label={looking.audit}>
        <h3>{looking.audit}</h3>
        <p class="small">{props.mayAudit ? looking.auditHint : looking.auditNot}</p>
        {props.mayAudit && (
          <p class="buttons">
            <a class="button" href={`${path}/audit?format=jsonl`} download>
              JSON Lines
            </a>
            <a class="button" href={`${path}/audit?format=csv`} download>
              CSV
            </a>
          </p>
        )}
      </section>
      <p class="small">{looking.atBox}</p>
      <p class="small">{looking.written}</p>
    </section>
  );
}

/** Whether the box is there, in words. */
function Heard(props: { readonly box: BoxHeard | undefined; readonly zone: string }) {
  const page = usePage();
  const format = page.format.value;
  const { looking } = format.words.pages.technician;
  const { box } = props;
  if (box?.heardAt === undefined) return <p class="problem">{looking.never}</p>;
  if (box.online) {
    return <p class="box-here">{fill(looking.here, { age: format.ago(boxNow(page) - box.heardAt) })}</p>;
  }
  return (
    <output class="problem">{fill(looking.away, { time: format.dateTime(box.heardAt, props.zone) })}</output>
  );
}
