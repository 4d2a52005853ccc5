import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { BedId } from "../../src/domain/ids.ts";
import type { LimitsFile } from "../../src/domain/limits.ts";
import type { OfferResponse } from "../../src/server/contract/morning.ts";
import { fill } from "../../src/words/template.ts";
import { isOffer, Thought } from "../caregiver/limit-thought.tsx";
import { usePage } from "../shared/page.ts";
import { nightName } from "../shared/reports.ts";
import { withSetting } from "./limits-draft.ts";

/** What somebody at home passed on after a night of many wakings: filled in here, and judged like any other draft. */
export function PassedOn(props: {
  readonly bed: BedId;
  readonly zone: string;
  readonly version: number;
  readonly draft: LimitsFile;
  readonly onDraft: (draft: LimitsFile) => void;
}) {
  const { bed, zone, version, draft } = props;
  const page = usePage();
  const format = page.format.value;
  const { offer: words } = format.words.morning;
  const heard = useSignal<OfferResponse>({});
  useEffect(
    () =>
      page.handOver(
        page.api.get(`/api/beds/${encodeURIComponent(bed)}/limits/offer`, isOffer).then((got) => {
          if (got.ok) heard.value = got.value;
        }),
      ),
    [bed, version],
  );
  const { offer } = heard.value;
  if (offer?.answer?.what !== "handed_on") return null;
  const { condition, setting, to, answer } = offer;
  const isFilled = draft[condition]?.[setting] === to;
  return (
    <section class="card passed-on" aria-label={words.draft}>
      <h3>{words.draft}</h3>
      <p class="small">
        {fill(words.by, {
          name: answer.by.name,
          time: format.dateTime(answer.at, zone),
          date: nightName(format, offer.night),
        })}
      </p>
      <Thought offer={offer} zone={zone} />
      {isFilled ? (
        <output>{words.filled}</output>
      ) : (
        <button type="button" onClick={() => props.onDraft(withSetting(draft, condition, setting, to))}>
          {words.fill}
        </button>
      )}
    </section>
  );
}
