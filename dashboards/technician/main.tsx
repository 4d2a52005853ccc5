import { useSignal } from "@preact/signals";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { DevicesResponse } from "../../src/server/contract/technician.ts";
import type { Me } from "../../src/server/contract.ts";
import { hasKeys } from "../shared/api.ts";
import { elapsedMs } from "../shared/clock.ts";
import { usePage } from "../shared/page.ts";
import { startPage } from "../shared/start-page.tsx";
import { TroubleBox } from "../shared/trouble.tsx";
import { Account } from "./account.tsx";
import { Commissioning } from "./commissioning.tsx";
import { Device } from "./device.tsx";
import { Health } from "./health.tsx";
import { HomeRecord } from "./home-record.tsx";
import { Homes } from "./homes.tsx";
import { Looking } from "./looking.tsx";
import { Members } from "./members.tsx";
import { JoinCodes } from "./people.tsx";
import type { Polled } from "./poll.ts";
import { usePoll } from "./poll.ts";
import { Protocol, type ShownProtocol } from "./protocol.tsx";
import { Simulation } from "./simulation.tsx";
import "./technician.css";
import "./protocol.css";

const isDevices = hasKeys<DevicesResponse>("devices");
const POLL_MS = 2 * SECOND_MS;

/** On a hub devices lie behind their boxes; on a box they are read here. */
function Technician() {
  const who = usePage().who.value;
  return who.kind === "known" && who.me.hub === true ? <HubBench me={who.me} /> : <Bench />;
}

function HubBench(props: { readonly me: Me }) {
  const page = usePage();
  const { technician } = page.format.value.words.pages;
  const { homes = [], person } = props.me;
  const owned = homes.filter(({ role }) => role === "owner").map(({ home }) => home);
  const { people } = page.format.value.words;
  return (
    <>
      <nav class="contents" aria-label={technician.onThisPage}>
        <a href="#looking">{technician.looking.title}</a>
        <a href="#health">{technician.looking.hub}</a>
        <a href="#homes">{people.homes.title}</a>
      </nav>
      <Looking me={props.me} />
      <Health title={technician.looking.hub} />
      <Homes />
      {person?.role === "owner" && <JoinCodes homes={owned} />}
      {person?.role === "owner" && owned.map((home) => <Members key={home} home={home} />)}
      {person?.role === "owner" && owned.map((home) => <HomeRecord key={home} home={home} />)}
      <Account />
    </>
  );
}

function Bench() {
  const page = usePage();
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  const own = who.kind === "known" ? (who.me.homes ?? []) : [];
  const homes = own.filter((each) => each.role === "owner").map(({ home }) => home);
  const beds = page.heard.value?.beds ?? [];
  const devices = usePoll("/api/devices", isDevices, POLL_MS);
  const shown = useSignal<ShownProtocol | undefined>(undefined);
  const list = devices.answer.value?.ok === true ? devices.answer.value.value.devices : [];
  return (
    <>
      <Contents simulated={beds.some((bed) => bed.simulated)} />
      <Devices polled={devices} />
      <Health />
      {beds
        .filter((bed) => bed.simulated)
        .map((bed) => (
          <Simulation key={bed.bed} bed={bed} />
        ))}
      {beds.map((bed) => (
        <Commissioning
          key={bed.bed}
          bed={bed}
          devices={list.filter((device) => device.bed === bed.bed)}
          shown={shown}
        />
      ))}
      {shown.value !== undefined && <Protocol shown={shown.value} />}
      {role === "owner" && <JoinCodes homes={homes} />}
      {role === "owner" && homes.map((home) => <Members key={home} home={home} />)}
      {role === "owner" && homes.map((home) => <HomeRecord key={home} home={home} />)}
      <Account />
    </>
  );
}

/** Short ways to the parts of a long page. */
function Contents(props: { readonly simulated: boolean }) {
  const { technician } = usePage().format.value.words.pages;
  return (
    <nav class="contents" aria-label={technician.onThisPage}>
      <a href="#devices">{technician.title}</a>
      <a href="#health">{technician.health.title}</a>
      {props.simulated && <a href="#simulation">{technician.simulated.title}</a>}
      <a href="#commissioning">{technician.commissioning.title}</a>
    </nav>
  );
}

function Devices(props: { readonly polled: Polled<DevicesResponse> }) {
  const page = usePage();
  const { common, technician } = page.format.value.words.pages;
  const { answer, at } = props.polled;
  page.everySecond();
  const sinceMs = at.value === undefined ? 0 : elapsedMs(page.clock, at.value);
  return (
    <section id="devices" aria-label={technician.title}>
      <h2>{technician.title}</h2>
      {answer.value === undefined && <p class="waiting">{common.waiting}</p>}
      {answer.value?.ok === false && <TroubleBox trouble={answer.value.problem} />}
      {answer.value?.ok === true && answer.value.value.devices.length === 0 && (
        <p class="empty">{technician.noDevices}</p>
      )}
      {answer.value?.ok === true &&
        answer.value.value.devices.map((device) => (
          <Device key={device.device} device={device} sinceMs={sinceMs} />
        ))}
    </section>
  );
}

startPage({ name: "technician", app: Technician, rings: false });
