import type { WakeReadiness } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { type Format, lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";

type DeadMan = NonNullable<WakeReadiness["deadMan"]>;

/** Who is told if the box dies; where that is nobody it is said before the night, not found out in it. */
export function DeadManLine(props: { readonly deadMan: DeadMan; readonly zone: string }) {
  const { deadMan, zone } = props;
  const format = usePage().format.value;
  return (
    <p data-dead-man={deadMan.by} class={deadMan.ok ? undefined : "loud"}>
      <span aria-hidden="true">{deadMan.ok ? "✓ " : "⚠ "}</span>
      {lineOf(deadMan, zone, format)}
    </p>
  );
}

function lineOf(deadMan: DeadMan, zone: string, format: Format): string {
  const words = format.words.deadMan;
  const { by, ok, way = "", afterMs, since = 0, detail } = deadMan;
  const time = format.time(since, zone);
  const name = lookUp(words.ways, way) ?? way;
  switch (by) {
    case "none":
      return `${words.none} ${words.noneFix}`;
    case "hub":
      return ok ? words.hub : fill(words.hubAway, { time });
    case "outside":
      if (!ok) return fill(words.failing, { time, detail });
      if (deadMan.resting === true) return fill(words.resting, { name });
      return afterMs === undefined
        ? fill(words.outsideOwn, { name })
        : fill(words.outside, { name, age: format.age(afterMs) });
  }
}
