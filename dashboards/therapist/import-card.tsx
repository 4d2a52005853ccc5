import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { BedId } from "../../src/domain/ids.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { ImportResponse, ImportState } from "../../src/server/contract/import.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { broughtFiles, packed, send } from "./card-upload.ts";

const isImport = hasKeys<ImportResponse>("families");
const POLL_MS = SECOND_MS;
/** Endings of what devices and their apps save, beside zips; a phone hides the others. */
const ENDINGS = ".zip,.csv,.txt,.tsv,.vld,.dat,.spo2,.SpO2,application/zip";

type Step =
  | { readonly kind: "idle" }
  | { readonly kind: "packing"; readonly done: number; readonly of: number }
  | { readonly kind: "sending"; readonly percent: number }
  | { readonly kind: "refused"; readonly words: string }
  | { readonly kind: "trouble"; readonly trouble: Trouble };

/** Brings the nights that a device kept: a card's folder, a zip or a file, and how its reading is doing. */
export function ImportCard(props: { readonly bed: BedId; readonly onDone: () => void }) {
  const page = usePage();
  const { card } = page.format.value.words.pages;
  const path = `/api/beds/${encodeURIComponent(props.bed)}/import`;
  const told = useSignal<ImportResponse | undefined>(undefined);
  const step = useSignal<Step>({ kind: "idle" });
  const family = useSignal<string | undefined>(undefined);
  const stopping = useSignal<AbortController | undefined>(undefined);
  const isReading = told.value?.import?.phase === "reading";

  const ask = (): void =>
    page.handOver(
      page.api.get(path, isImport).then((answer) => {
        if (!answer.ok) return;
        const before = told.peek()?.import?.phase;
        told.value = answer.value;
        if (before === "reading" && answer.value.import?.phase === "done") props.onDone();
      }),
    );
  useEffect(ask, [path]);
  useEffect(() => (isReading ? page.clock.every(POLL_MS, ask) : undefined), [isReading, path]);
  useEffect(() => () => stopping.peek()?.abort(), []);

  const families = told.value?.families ?? [];
  const chosen = family.value ?? families[0]?.id;
  const isBusy = step.value.kind === "packing" || step.value.kind === "sending" || isReading;

  async function bring(files: Iterable<File>): Promise<void> {
    const brought = broughtFiles(files);
    if (brought.length === 0 || chosen === undefined) return;
    const stop = new AbortController();
    stopping.value = stop;
    step.value = { kind: "packing", done: 0, of: brought.length };
    try {
      const pack = await packed(brought, stop.signal, (done) => {
        step.value = { kind: "packing", done, of: brought.length };
      });
      if (pack === undefined) {
        step.value = { kind: "refused", words: card.tooMuch };
        return;
      }
      step.value = { kind: "sending", percent: 0 };
      const answer = await send(page.api, path, { family: chosen, ...pack }, stop.signal, (percent) => {
        step.value = { kind: "sending", percent };
      });
      step.value = answer?.ok === false ? { kind: "trouble", trouble: answer.problem } : { kind: "idle" };
      if (answer?.ok === true) told.value = { families, import: answer.value };
    } catch {
      // A card that was pulled, or a file that the system keeps for itself: the browser says no more than that.
      step.value = stop.signal.aborted ? { kind: "idle" } : { kind: "refused", words: card.unreadable };
    } finally {
      stopping.value = undefined;
    }
  }

  if (families.length === 0) return null;
  return (
    <section class="card import-card">
      <h2>{card.title}</h2>
      <p class="small">{card.more}</p>
      <label class="field">
        {card.family}
        <select
          disabled={isBusy}
          value={chosen}
          onChange={(event) => {
            family.value = event.currentTarget.value;
          }}
        >
          {families.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <div class="buttons">
        <Chooser
          label={card.folder}
          folder
          disabled={isBusy}
          onFiles={(files) => page.handOver(bring(files))}
        />
        <Chooser label={card.file} disabled={isBusy} onFiles={(files) => page.handOver(bring(files))} />
      </div>
      <p class="small">{card.noFolder}</p>
      <output>
        <StepWords step={step.value} />
      </output>
      {stopping.value !== undefined && (
        <button type="button" class="quiet" onClick={() => stopping.value?.abort()}>
          {card.stop}
        </button>
      )}
      {step.value.kind === "trouble" && <TroubleBox trouble={step.value.trouble} />}
      {step.value.kind !== "trouble" && told.value?.import !== undefined && (
        <State state={told.value.import} />
      )}
    </section>
  );
}

/** A file input behind a button that a thumb can hit; its own words are in the browser's language. */
function Chooser(props: {
  readonly label: string;
  readonly folder?: boolean;
  readonly disabled: boolean;
  readonly onFiles: (files: FileList) => void;
}) {
  return (
    <label class="field chooser">
      {props.label}
      <input
        type="file"
        disabled={props.disabled}
        {...(props.folder === true ? { webkitdirectory: true } : { accept: ENDINGS })}
        onChange={({ currentTarget }) => {
          if (currentTarget.files !== null && currentTarget.files.length > 0)
            props.onFiles(currentTarget.files);
          // The same card may be chosen again.
          currentTarget.value = "";
        }}
      />
    </label>
  );
}

function StepWords(props: { readonly step: Step }) {
  const { card } = usePage().format.value.words.pages;
  const { step } = props;
  switch (step.kind) {
    case "idle":
    case "trouble":
      return null;
    case "packing":
      return <p>{fill(card.packing, { from: String(step.done), to: String(step.of) })}</p>;
    case "sending":
      return (
        <p>
          {fill(card.sending, { percent: String(step.percent) })} {card.keepOpen}
        </p>
      );
    case "refused":
      return <p class="problem">{step.words}</p>;
  }
}

/** What the box says of the newest import. */
function State(props: { readonly state: ImportState }) {
  const page = usePage();
  const format = page.format.value;
  const { card, common } = format.words.pages;
  const {
    phase,
    percent = 0,
    nights,
    rows,
    newRows,
    from,
    to,
    serials,
    timeless,
    simulated,
    problem,
  } = props.state;
  if (phase === "receiving") return null;
  if (phase === "reading") {
    return <output>{fill(card.reading, { percent: String(percent), nights: String(nights) })}</output>;
  }
  if (phase === "failed") {
    if (problem === undefined) return null;
    const { code, detail, fix } = problem;
    const refused = {
      type: "about:blank",
      title: detail,
      status: 400,
      code,
      detail,
      instance: "",
      ...(fix === undefined ? {} : { fix }),
    };
    return <TroubleBox trouble={{ kind: "refused", problem: refused }} />;
  }
  const zone = page.heard.value?.beds[0]?.zone ?? "UTC";
  return (
    <div class="import-done">
      {simulated && (
        <p class="mark mark-simulated">
          <strong>{common.simulated}</strong> {common.simulatedMore}
        </p>
      )}
      {from !== undefined && to !== undefined && (
        <p>{fill(card.done, { nights: String(nights), time: format.dates(from, to, zone) })}</p>
      )}
      {newRows !== undefined && (
        <p>{fill(card.rows, { from: format.number(newRows, 0), to: format.number(rows - newRows, 0) })}</p>
      )}
      {serials.length > 0 && <p class="small">{fill(card.serial, { name: serials.join(", ") })}</p>}
      {timeless > 0 && <p class="small">{fill(card.timeless, { value: format.number(timeless, 0) })}</p>}
    </div>
  );
}
