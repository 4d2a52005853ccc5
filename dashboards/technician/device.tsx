import { useSignal } from "@preact/signals";
import type { DeviceView } from "../../src/server/contract.ts";
import { lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { ScrollArea } from "../shared/scroll-area.tsx";
import { ProblemLine } from "../shared/trouble.tsx";

const COUNTERS = ["bytes", "frames", "rejects", "reopens", "observations"] as const;
const LINK_ICONS = { opening: "…", open: "✓", quiet: "?", lost: "✗", refused: "✗", stopped: "■" } as const;

/** One device: its link and what is wrong with it, its counters, its last frames. */
export function Device(props: { readonly device: DeviceView; readonly sinceMs: number }) {
  const { device } = props;
  const page = usePage();
  const format = page.format.value;
  const { terms, pages } = format.words;
  const { technician, common, caregiver } = pages;
  const bed = page.heard.value?.beds.find((each) => each.bed === device.bed);
  const fresh = device.ageMs === undefined ? undefined : format.ago(device.ageMs + props.sinceMs);
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
      <dl class="facts">
        <Fact name={technician.family} value={device.family} />
        <Fact name={technician.role} value={lookUp(terms.deviceRoles, device.role) ?? device.role} />
        <Fact name={technician.address} value={device.address} wide />
        {device.resolved !== undefined && <Fact name={technician.resolved} value={device.resolved} wide />}
        {COUNTERS.map((counter) => (
          <Fact
            key={counter}
            name={technician.counters[counter]}
            value={format.count(device.counters[counter])}
          />
        ))}
      </dl>
      <Frames device={device} zone={bed?.zone} />
    </article>
  );
}

function Fact(props: { readonly name: string; readonly value: string; readonly wide?: boolean }) {
  return (
    <div class={props.wide === true ? "wide" : undefined}>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

/** The newest frames, hex beside meaning; can be held still to read them. */
function Frames(props: { readonly device: DeviceView; readonly zone: string | undefined }) {
  const format = usePage().format.value;
  const { technician } = format.words.pages;
  const held = useSignal<DeviceView["frames"] | undefined>(undefined);
  const frames = (held.value ?? props.device.frames).toReversed();
  return (
    <details class="frames" open>
      <summary>{technician.frames}</summary>
      <p class="buttons">
        <button
          type="button"
          aria-pressed={held.value !== undefined}
          onClick={() => {
            held.value = held.value === undefined ? props.device.frames : undefined;
          }}
        >
          {held.value === undefined ? technician.pause : technician.resume}
        </button>
        {held.value !== undefined && <span class="tag">{technician.paused}</span>}
      </p>
      {frames.length === 0 ? (
        <p class="empty">{technician.noFrames}</p>
      ) : (
        <ScrollArea label={`${technician.frames} · ${props.device.label}`} class="frame-list">
          <table>
            <thead>
              <tr>
                <th scope="col">{technician.time}</th>
                <th scope="col">{technician.direction}</th>
                <th scope="col">{technician.hex}</th>
                <th scope="col">{technician.meaning}</th>
              </tr>
            </thead>
            <tbody>
              {frames.map((frame, index) => (
                <tr key={`${frame.at} ${frames.length - index}`} class={`frame-${frame.direction}`}>
                  <td>{format.time(frame.at, props.zone ?? "UTC", true)}</td>
                  <td>{technician.directions[frame.direction]}</td>
                  <td>
                    <code>{frame.hex}</code>
                  </td>
                  <td>{frame.meaning}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </details>
  );
}
