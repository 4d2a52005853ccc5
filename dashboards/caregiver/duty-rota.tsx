import { useSignal } from "@preact/signals";
import type { RotaEntry } from "../../src/domain/duty.ts";
import { rotaClash } from "../../src/domain/duty.ts";
import type { PersonId } from "../../src/domain/ids.ts";
import type { DutyResponse, SetRotaRequest } from "../../src/server/contract/duty.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { type HeardDuty, isDuty, nameOf } from "../shared/duty.tsx";
import { usePage } from "../shared/page.ts";
import { ScrollArea } from "../shared/scroll-area.tsx";
import { RotaCell } from "./rota-cell.tsx";
import { clockOf, entriesIn, type Span, sameEveryNight, withCell } from "./rota-cells.ts";

/** Nights of a week, by the weekday on which they begin: 1 Monday. */
const NIGHTS = [1, 2, 3, 4, 5, 6, 7] as const;

/** Who is on duty when, week by week: a row for each person, a column for each night. */
export function Rota(props: {
  readonly bed: BedState;
  readonly duty: HeardDuty;
  readonly view: DutyResponse;
}) {
  const { duty, view, bed } = props;
  const page = usePage();
  const format = page.format.value;
  const words = format.words.notes.duty;
  /** What was changed here, from which version; undefined: nothing. */
  const draft = useSignal<{ readonly rota: readonly RotaEntry[]; readonly version: number } | undefined>(
    undefined,
  );
  const open = useSignal<{ readonly person: PersonId; readonly night: number } | undefined>(undefined);
  const rota = draft.value?.rota ?? view.rota;
  const clash = rotaClash(rota);
  const change = (next: readonly RotaEntry[]): void => {
    draft.value = { rota: next, version: draft.value?.version ?? view.version };
  };
  const save = async (): Promise<void> => {
    if (draft.value === undefined) return;
    const body: SetRotaRequest = { rota };
    const { version } = draft.value;
    // Where somebody was faster, what is there now is shown, and the change is made again on it.
    const isDone = await duty.change((agreement) =>
      page.api.change("PUT", `${duty.path}/rota${agreement}`, body, version, isDuty),
    );
    if (isDone || duty.trouble.value !== undefined) draft.value = undefined;
  };
  const cell = open.value;
  const said = (entry: RotaEntry): string =>
    `${nameOf(format, view, entry.person)} ${clockOf(entry.from)}–${clockOf(entry.to)}`;
  return (
    <details class="duty-rota">
      <summary>{words.rota}</summary>
      <p class="small">{words.rotaHint}</p>
      <ScrollArea label={words.rota}>
        <table class="rota">
          <thead>
            <tr>
              <th scope="col">{words.person}</th>
              {NIGHTS.map((night) => (
                <th key={night} scope="col">
                  {words.days[night - 1]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {view.people.map(({ id, name }) => (
              <tr key={id}>
                <th scope="row">{name}</th>
                {NIGHTS.map((night) => (
                  <td key={night}>
                    <CellButton
                      {...{ name, rota, night, person: id }}
                      clash={clash?.some((entry) => entriesIn(rota, id, night).includes(entry)) === true}
                      onOpen={() => {
                        open.value = { person: id, night };
                      }}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
      {clash !== undefined && (
        <p class="problem" role="alert">
          {fill(words.clash, { one: said(clash[0]), other: said(clash[1]) })}
        </p>
      )}
      {draft.value !== undefined && (
        <p class="buttons">
          <button
            type="button"
            class="primary"
            disabled={duty.busy.value || clash !== undefined}
            onClick={() => page.handOver(save())}
          >
            {words.save}
          </button>
          <button type="button" onClick={() => (draft.value = undefined)}>
            {format.words.pages.common.cancel}
          </button>
          <output class="unsaved">{words.unsaved}</output>
        </p>
      )}
      {view.changed !== undefined && (
        <p class="small">
          {fill(words.changed, {
            name: view.changed.by.name,
            time: format.dateTime(view.changed.at, bed.zone),
          })}
        </p>
      )}
      {cell !== undefined && (
        <RotaCell
          key={`${cell.person} ${cell.night}`}
          name={nameOf(format, view, cell.person)}
          day={words.days[cell.night - 1] ?? ""}
          spans={entriesIn(rota, cell.person, cell.night)}
          onDone={(spans: readonly Span[], everyNight: boolean) => {
            change(
              everyNight
                ? sameEveryNight(rota, cell.person, spans)
                : withCell(rota, cell.person, cell.night, spans),
            );
            open.value = undefined;
          }}
          onClose={() => {
            open.value = undefined;
          }}
        />
      )}
    </details>
  );
}

function CellButton(props: {
  readonly name: string;
  readonly person: PersonId;
  readonly night: number;
  readonly rota: readonly RotaEntry[];
  readonly clash: boolean;
  readonly onOpen: () => void;
}) {
  const format = usePage().format.value;
  const words = format.words.notes.duty;
  const entries = entriesIn(props.rota, props.person, props.night);
  const texts = entries.map(({ from, to }) => `${clockOf(from)}–${clockOf(to)}`);
  const what = texts.length === 0 ? words.free : format.list(texts);
  const day = words.days[props.night - 1] ?? "";
  return (
    <button
      type="button"
      class={`${entries.length === 0 ? "rota-free" : ""} ${props.clash ? "rota-clash" : ""}`}
      aria-label={fill(words.cell, { name: props.name, day, what })}
      onClick={props.onOpen}
    >
      {texts.length === 0 ? <span>+</span> : texts.map((text) => <span key={text}>{text}</span>)}
    </button>
  );
}
