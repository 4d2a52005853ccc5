import { useEffect } from "preact/hooks";
import type { LimitOffer } from "../../src/domain/morning.ts";
import type { OfferResponse } from "../../src/server/contract/morning.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "../shared/api.ts";
import { useAsked } from "../shared/asked.ts";
import { type Format, lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { pathOf } from "./tell.ts";

export const isOffer = hasKeys<OfferResponse>();

/** After a night of many wakings: one change to show the doctor. It changes nothing and can be passed on. */
export function LimitThought(props: { readonly bed: BedState }) {
  const { bed } = props;
  const page = usePage();
  const format = page.format.value;
  const { offer: words } = format.words.morning;
  const path = `${pathOf(bed)}/limits/offer`;
  const asked = useAsked(path, isOffer);
  // It is worked out after the end of the watch, and gone when limits change.
  const { watch, limits } = bed.alarms;
  useEffect(() => page.handOver(asked.ask()), [watch.on, limits.version]);
  const offer = asked.value.value?.offer;
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  const mayAnswer = role === "owner" || role === "caregiver";
  if (offer === undefined) return null;
  const answer = (what: "handed_on" | "declined"): void =>
    page.handOver(page.api.tell(path, { id: offer.id, answer: what }).then((got) => asked.changed(got)));
  if (offer.answer?.what === "declined") {
    return <p class="small">{fill(words.declined, { name: offer.answer.by.name })}</p>;
  }
  return (
    <section class="limit-thought" aria-label={words.title}>
      <h2>{words.title}</h2>
      <Thought offer={offer} zone={bed.zone} />
      {offer.answer !== undefined ? (
        <output>
          {fill(words.handedOn, {
            name: offer.answer.by.name,
            time: format.dateTime(offer.answer.at, bed.zone),
          })}
        </output>
      ) : (
        mayAnswer && (
          <div class="buttons">
            <button type="button" onClick={() => answer("handed_on")}>
              {words.handOn}
            </button>
            <button type="button" class="quiet" onClick={() => answer("declined")}>
              {words.decline}
            </button>
          </div>
        )
      )}
      {role === "owner" && <a href="/therapist#limits">{words.open}</a>}
      {asked.trouble.value !== undefined && <TroubleBox trouble={asked.trouble.value} />}
    </section>
  );
}

/** What is proposed, why, and what it would have changed. */
export function Thought(props: { readonly offer: LimitOffer; readonly zone: string }) {
  const { offer, zone } = props;
  const format = usePage().format.value;
  const { offer: words } = format.words.morning;
  const title = format.conditionTitle(offer.condition);
  return (
    <>
      <p>{fill(words.why, { title, count: format.count(offer.wakings) })}</p>
      <p>
        <strong>
          {fill(words.change, {
            title,
            what: lookUp(format.words.limits.settings, offer.setting) ?? offer.setting,
            before: measured(offer.from, offer, format),
            after: measured(offer.to, offer, format),
          })}
        </strong>
      </p>
      <p>
        {fill(words.tried, {
          count: format.count(offer.nights),
          from: format.count(offer.before),
          to: format.count(offer.after),
          limit: format.measured("spo2", offer.criticalLimit),
        })}
      </p>
      <p class="small">
        {words.untouched} {fill(words.expires, { time: format.dateTime(offer.expiresAt, zone) })}
      </p>
    </>
  );
}

const measured = (value: number, { unit }: LimitOffer, format: Format): string =>
  `${format.number(value, Number.isInteger(value) ? 0 : 1)} ${format.unit(unit)}`;
