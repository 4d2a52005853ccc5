import { useEffect, useMemo } from "preact/hooks";
import type { BedState } from "../../src/server/contract.ts";
import { useDuty } from "../shared/duty.tsx";
import { ownHomes } from "../shared/own-homes.ts";
import { usePage } from "../shared/page.ts";
import { Sharing } from "../shared/sharing.tsx";
import { startPage } from "../shared/start-page.tsx";
import { Alarms, isWaiting } from "./alarms.tsx";
import { CallingCard } from "./calling-card.tsx";
import { Care, CareNow } from "./care.tsx";
import { CarePlanCard } from "./care-plan.tsx";
import { DutyAtTop, DutyCard } from "./duty-card.tsx";
import { useEvening } from "./evening.ts";
import { EveningCard, EveningReminder } from "./evening-card.tsx";
import { LastNight } from "./last-night.tsx";
import { Back, Finished, isFinished } from "./leaving.tsx";
import { LimitsLine } from "./limits-line.tsx";
import { MorningCard } from "./morning.tsx";
import { EndNight, offersStart, SilentPage, StartNight } from "./night.tsx";
import { Past } from "./past.tsx";
import { Pauses } from "./pause.tsx";
import { Phones } from "./phones.tsx";
import { Status, WatchLine } from "./status.tsx";
import { Tonight } from "./tonight.ts";
import { Sources, Vitals } from "./vitals.tsx";
import { VoicesCard } from "./voices.tsx";
import { Waves } from "./waves.tsx";
import "./caregiver.css";
import "./care-plan.css";
import "./morning.css";

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
      <Phones />
      <VoicesCard />
      <Sharing />
    </>
  );
}

function Bed(props: { readonly bed: BedState; readonly tonight: Tonight; readonly titled: boolean }) {
  const { bed, tonight } = props;
  const page = usePage();
  const untaken = isWaiting(bed);
  const isLost = page.phase.value === "lost";
  const who = page.who.value;
  // Who looks after machines has nothing to do with duty.
  const seesDuty = who.kind === "known" && who.me.person !== undefined && who.me.person.role !== "technician";
  const duty = useDuty(bed.bed, seesDuty && !isFinished(bed));
  // One for a home, at its first bed.
  const home = ownHomes(page)?.find(
    ({ role, beds: [first] }) => (role === "owner" || role === "caregiver") && first?.bed === bed.bed,
  );
  const evening = useEvening(
    `/api/homes/${encodeURIComponent(home?.home ?? "")}`,
    home !== undefined && !isFinished(bed),
    bed.readiness.targets.map(({ id, dead }) => `${id}${dead ?? ""}`).join(),
  );
  if (isFinished(bed) && !isLost) {
    return (
      <div class="bed">
        {props.titled && <h2>{bed.label}</h2>}
        <Finished bed={bed} tonight={tonight} />
      </div>
    );
  }
  return (
    <div class={untaken ? "bed bed-alarm" : "bed"}>
      {props.titled && <h2>{bed.label}</h2>}
      <div class="bed-top">
        <Back bed={bed} tonight={tonight} />
        <Alarms bed={bed} />
        <CareNow bed={bed} />
        <Past bed={bed} />
        <Pauses bed={bed} />
        <WatchLine bed={bed} />
        {seesDuty && <DutyAtTop bed={bed} duty={duty} />}
        {home !== undefined && <EveningReminder evening={evening} />}
        <StartNight bed={bed} tonight={tonight} />
      </div>
      <div class="bed-main">
        <Vitals bed={bed} small={untaken} />
        <Waves bed={bed} />
      </div>
      <div class="bed-side">
        <LastNight bed={bed} />
        <MorningCard bed={bed} />
        {home !== undefined && <EveningCard evening={evening} zone={bed.zone} duty={duty.view.value} />}
        <Care bed={bed} />
        <CarePlanCard bed={bed} />
      </div>
      <div class="bed-rest">
        {seesDuty && <DutyCard bed={bed} duty={duty} />}
        {seesDuty && <CallingCard bed={bed} duty={duty} />}
        <Sources bed={bed} />
        <Status bed={bed} />
        <LimitsLine bed={bed} />
        <EndNight bed={bed} tonight={tonight} />
      </div>
    </div>
  );
}

startPage({ name: "caregiver", app: Caregiver, rings: true });
