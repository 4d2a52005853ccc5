import { useSignal } from "@preact/signals";
import { isPresent } from "../../src/domain/sample.ts";
import type { DeviceView, FamilyFacts } from "../../src/server/contract/technician.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { elapsedMs } from "../shared/clock.ts";
import { lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { ProblemLine, TroubleBox } from "../shared/trouble.tsx";
import { devicePath } from "./device-path.ts";
import { Fact } from "./fact.tsx";
import { Frames } from "./frames.tsx";
import { Recorder } from "./recorder.tsx";

const COUNTERS = ["bytes", "frames", "rejects", "reopens", "observations"] as const;
const LINK_ICONS = { opening: "…", open: "✓", quiet: "?", lost: "✗", refused: "✗", stopped: "■" } as const;

/** One device: its link and what is wrong with it, its counters; behind it frames, recordings, what is known of it. */
export function Device(props: {
  readonly device: DeviceView;
  readonly sinceMs: number;
  /** On a hub: what only the box itself can do is not offered. */
  readonly afar?: boolean;
}) {
  const { device, afar = false } = props;
  const page = usePage();
  const format = page.format.value;
  const { terms, pages } = format.words;
  const { technician, common, caregiver } = pages;
  const bed = page.heard.value?.beds.find((each) => each.bed === device.bed);
  const zone = bed?.zone ?? "UTC";
  const fresh = device.ageMs === undefined ? undefined : format.ago(device.ageMs + props.sinceMs);
  const { latency } = device;
  return (
    <article class="card device" data-device={device.device}>
      <h3>
        {device.label}
        {device.simulated && <span class="tag">{common.simulated}</span>}
      </h3>
      <p class={device.link === "open" ? "link" : "link link-bad"}>
        <span aria-hidden="true">{LINK_ICONS[device.link]} </span>
        <strong>{terms.links[device.link]}</strong> · {technician.newest} {fresh ?? caregiver.sourceNever}
      </p>
      {device.problem !== undefined && <ProblemLine problem={device.problem} />}
      <Serial device={device} afar={afar} />
      <dl class="facts counters">
        {COUNTERS.map((counter) => (
          <Fact key={counter} name={technician.counters[counter]}>
            {format.count(device.counters[counter])}
          </Fact>
        ))}
        <Fact name={fill(technician.counters.gaps, { age: format.age(device.quietMs) })}>
          {format.count(device.counters.gaps)}
        </Fact>
        {latency !== undefined && (
          <Fact name={technician.latency}>
            {fill(technician.latencyWorst, {
              value: format.number(latency.newestMs, 1),
              to: format.number(latency.worstMs, 1),
            })}
          </Fact>
        )}
      </dl>
      <p class="badges">
        <NightBadge night={device.facts.night} /> <EvidenceBadge facts={device.facts} />
      </p>
      <Measures device={device} bed={bed} />
      <Frames device={device} zone={zone} />
      <Recorder device={device} zone={zone} afar={afar} />
      <Known device={device} />
    </article>
  );
}

/** The serial number, where the device tells one; said aloud where it is another one than the bed's. */
function Serial(props: { readonly device: DeviceView; readonly afar: boolean }) {
  const page = usePage();
  const { technician } = page.format.value.words.pages;
  const trouble = useSignal<Trouble | undefined>(undefined);
  const { serial } = props.device;
  if (serial === undefined) return null;
  if (serial.found === serial.bound) {
    return <p class="small">{fill(technician.named, { what: technician.serial, value: serial.found })}</p>;
  }
  async function confirm(): Promise<void> {
    const done = await page.api.tell(`${devicePath(props.device)}/serial`, {});
    trouble.value = done.ok ? undefined : done.problem;
  }
  return (
    <>
      <p class="problem">{fill(technician.swapped, { value: serial.found, what: serial.bound })}</p>
      {!props.afar && (
        <button type="button" onClick={() => void confirm()}>
          {technician.isOurs}
        </button>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </>
  );
}

const SUITED_ICONS = { yes: "✓", doubtful: "?", no: "✗" } as const;

function NightBadge(props: { readonly night: FamilyFacts["night"] }) {
  const { technician } = usePage().format.value.words.pages;
  const { suited } = props.night;
  return (
    <span class={`badge badge-${suited}`}>
      <span aria-hidden="true">{SUITED_ICONS[suited]} </span>
      {fill(technician.named, { what: technician.night, value: technician.suited[suited] })}
    </span>
  );
}

function EvidenceBadge(props: { readonly facts: FamilyFacts }) {
  const { technician } = usePage().format.value.words.pages;
  const { evidence } = props.facts;
  return (
    <span class={`badge badge-${evidence}`}>
      {fill(technician.named, { what: technician.evidence, value: technician.evidences[evidence] })}
    </span>
  );
}

/** The values that count now and come from this device, each with its age. */
function Measures(props: { readonly device: DeviceView; readonly bed: BedState | undefined }) {
  const page = usePage();
  const format = page.format.value;
  const { terms, pages } = format.words;
  const { device, bed } = props;
  const heard = page.heard.value;
  const sinceMs = heard === undefined ? 0 : elapsedMs(page.clock, heard.at);
  const own = device.signals.flatMap((id) => {
    const live = bed?.signals[id];
    return live?.device === device.device ? [{ id, ...live }] : [];
  });
  return (
    <details class="measures">
      <summary>{pages.technician.measures}</summary>
      {own.length === 0 && <p class="empty">{pages.technician.measuresNothing}</p>}
      <dl class="facts">
        {own.map(({ id, sample, ageMs }) => (
          <Fact key={id} name={terms.signals[id]}>
            {isPresent(sample) ? format.measured(id, sample) : (lookUp(terms.absences, sample.absent) ?? "–")}
            {" · "}
            {format.ago(ageMs + sinceMs)}
          </Fact>
        ))}
      </dl>
    </details>
  );
}

/** What the family's module says of itself; its sentences are English. */
function Known(props: { readonly device: DeviceView }) {
  const { device } = props;
  const { facts } = device;
  const format = usePage().format.value;
  const { terms, pages } = format.words;
  const { technician } = pages;
  return (
    <details>
      <summary>{technician.known}</summary>
      <dl class="facts">
        <Fact name={technician.family}>{device.family}</Fact>
        <Fact name={technician.role}>{lookUp(terms.deviceRoles, device.role) ?? device.role}</Fact>
        <Fact name={technician.address} wide>
          {device.address}
        </Fact>
        {device.resolved !== undefined && (
          <Fact name={technician.resolved} wide>
            {device.resolved}
          </Fact>
        )}
        {Object.keys(device.options).length > 0 && (
          <Fact name={technician.options} wide>
            <span lang="en">
              {Object.entries(device.options)
                .map(([name, value]) => `${name}: ${String(value)}`)
                .join(", ")}
            </span>
          </Fact>
        )}
        <Fact name={technician.model} wide>
          <span lang="en">
            {facts.vendor}: {facts.model}
          </span>
        </Fact>
        <Fact name={technician.connection} wide>
          <span lang="en">{facts.connection}</span>
        </Fact>
        {facts.averaging !== undefined && (
          <Fact name={technician.averaging} wide>
            <span lang="en">{facts.averaging}</span>
          </Fact>
        )}
        <Fact name={technician.night} wide>
          {technician.suited[facts.night.suited]} · <span lang="en">{facts.night.reason}</span>
        </Fact>
        <Fact name={technician.evidence} wide>
          {technician.evidences[facts.evidence]} · <span lang="en">{facts.evidenceText}</span>
        </Fact>
      </dl>
    </details>
  );
}
