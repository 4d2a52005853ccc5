import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";

/** The limits in force in a line: which version, whether something is wider for a time, and what is switched off. */
export function LimitsLine(props: { readonly bed: BedState }) {
  const format = usePage().format.value;
  const { limits: words } = format.words;
  const { version, by, at, expiresAt, off } = props.bed.alarms.limits;
  const { zone } = props.bed;
  return (
    <section class="limits-line small" aria-label={words.title}>
      <p>
        {words.title}: {version === 0 ? words.presets.title : fill(words.version, { version })}
        {by !== undefined &&
          at !== undefined &&
          ` (${fill(words.byAt, { name: by.name, time: format.dateTime(at, zone) })})`}
      </p>
      {expiresAt !== undefined && (
        <p class="limits-wide">{fill(words.widened.until, { time: format.dateTime(expiresAt, zone) })}</p>
      )}
      {off.length > 0 && (
        <p class="limits-wide">
          {words.off}: {format.list(off.map((each) => format.conditionTitle(each)))}
        </p>
      )}
    </section>
  );
}
