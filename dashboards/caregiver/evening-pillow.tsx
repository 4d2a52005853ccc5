import { type Check, heardAtPillow, PILLOW_DELAY_MS, PILLOW_SOUND_MS } from "../../src/domain/evening.ts";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import type { EveningResponse } from "../../src/server/contract/evening.ts";
import { fill } from "../../src/words/template.ts";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import type { HeardEvening } from "./evening.ts";

/** The sounder, tried by whoever sleeps beside it: a person without a phone has a night that is proven too. */
export function PillowTrial(props: {
  readonly evening: HeardEvening;
  readonly view: EveningResponse;
  readonly zone: string;
  /** A check can be begun here. */
  readonly canBegin: boolean;
}) {
  const { evening, view, zone, canBegin } = props;
  const page = usePage();
  const format = page.format.value;
  const words = format.words.evening.pillow;
  const { running, latest } = view;
  const trial = running?.kind === "pillow" ? running : undefined;
  const over = latest?.kind === "pillow" && latest.heard === undefined ? latest : undefined;
  const isReady = canBegin && running === undefined && view.sounder;
  return (
    <details
      class="pillow"
      open={trial !== undefined || latest?.kind === "pillow" || view.phones.length === 0}
    >
      <summary>
        {words.title}
        {view.phones.length === 0 && provenAt(view) === undefined && (
          <span class="evening-mark">{words.mark}</span>
        )}
      </summary>
      {trial === undefined ? (
        <>
          <p>{words.hint}</p>
          <p data-test="pillow-last">{lastWords(view, zone, format)}</p>
        </>
      ) : (
        <p class="evening-line" data-test="pillow-now" aria-live="polite">
          {nowWords(trial, view.now, format)}
        </p>
      )}
      {trial?.soundedMs !== undefined && (
        <p class="buttons pillow-answers">
          <button type="button" class="primary" onClick={() => page.handOver(evening.heard(true))}>
            {words.yes}
          </button>
          <button type="button" onClick={() => page.handOver(evening.heard(false))}>
            {words.no}
          </button>
        </p>
      )}
      {over?.end !== undefined && running === undefined && <output>{endWords(over, format)}</output>}
      {canBegin && trial === undefined && (
        <button
          type="button"
          aria-disabled={!isReady || evening.busy.value}
          onClick={() => {
            if (isReady) page.handOver(evening.begin({ kind: "pillow" }));
          }}
        >
          {words.start}
        </button>
      )}
    </details>
  );
}

/** When the sounder was heard at the pillow, where that counts tonight. */
export const provenAt = ({ last, now }: EveningResponse) => heardAtPillow(last.pillow, wall(now));

function nowWords(trial: Check, now: number, format: Format): string {
  const words = format.words.evening.pillow;
  const since = now - trial.startedAt;
  if (trial.soundedMs === undefined) {
    const seconds = Math.max(1, Math.ceil((PILLOW_DELAY_MS - since) / SECOND_MS));
    return fill(words.soon, { value: format.number(seconds, 0) });
  }
  return since < trial.soundedMs + PILLOW_SOUND_MS ? `${words.sounds} ${words.asks}` : words.asks;
}

/** Why nothing came of a trial. */
function endWords({ end = "cut", soundedMs }: Check, format: Format): string {
  const { ends, pillow } = format.words.evening;
  if (end !== "time") return ends[end];
  return soundedMs === undefined ? pillow.unsounded : pillow.unsaid;
}

function lastWords(view: EveningResponse, zone: string, format: Format): string {
  const { pillow: words, line } = format.words.evening;
  if (!view.sounder) return line.noSounder;
  const last = view.last.pillow;
  if (last?.heard === undefined || last.endedAt === undefined) return words.never;
  const facts = { time: format.dateTime(last.endedAt, zone), name: last.heardBy ?? "" };
  if (!last.heard) return fill(words.unheard, facts);
  return fill(provenAt(view) === undefined ? words.old : words.proven, facts);
}
