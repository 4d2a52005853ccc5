import { useEffect, useMemo } from "preact/hooks";
import type { BedState } from "../../src/server/contract.ts";
import { usePage } from "../shared/page.ts";
import { startPage } from "../shared/start-page.tsx";
import { Alarms } from "./alarms.tsx";
import { EndNight, offersStart, SilentPage, StartNight } from "./night.tsx";
import { Status, WatchLine } from "./status.tsx";
import { Tonight } from "./tonight.ts";
import { Sources, Vitals } from "./vitals.tsx";
import { Waves } from "./waves.tsx";
import "./caregiver.css";

function Caregiver() {
  const page = usePage();
  const tonight = useMemo(() => new Tonight(page), [page]);
  useEffect(() => tonight.renewQuietly(), [tonight]);
  const heard = page.heard.value;
  const { common } = page.format.value.words.pages;
  if (heard === undefined)
    return page.phase.value === "lost" ? null : <p class="waiting">{common.waiting}</p>;
  // While "Start the night" is offered, that is the way to the sound.
  const watching = heard.beds.some((bed) => bed.alarms.watch.on && !offersStart(bed, tonight));
  return (
    <>
      <SilentPage tonight={tonight} watching={watching} />
      {heard.beds.map((bed) => (
        <Bed key={bed.bed} bed={bed} tonight={tonight} titled={heard.beds.length > 1} />
      ))}
    </>
  );
}

function Bed(props: { readonly bed: BedState; readonly tonight: Tonight; readonly titled: boolean }) {
  const { bed, tonight } = props;
  const untaken = bed.alarms.open.some((each) => each.acknowledgement === undefined);
  return (
    <div class={untaken ? "bed bed-alarm" : "bed"}>
      {props.titled && <h2>{bed.label}</h2>}
      <div class="bed-top">
        <Alarms bed={bed} />
        <WatchLine bed={bed} />
        <StartNight bed={bed} tonight={tonight} />
      </div>
      <div class="bed-main">
        <Vitals bed={bed} small={untaken} />
        <Waves bed={bed} />
      </div>
      <div class="bed-side">
        <Sources bed={bed} />
        <Status bed={bed} />
        <EndNight bed={bed} tonight={tonight} />
      </div>
    </div>
  );
}

startPage({ name: "caregiver", app: Caregiver, rings: true });
