import { useSignal } from "@preact/signals";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceView, FrameLine, FramesResponse } from "../../src/server/contract/technician.ts";
import { hasKeys } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { ScrollArea } from "../shared/scroll-area.tsx";
import { TroubleBox } from "../shared/trouble.tsx";
import { devicePath } from "./device-path.ts";
import { usePoll } from "./poll.ts";

const isFrames = hasKeys<FramesResponse>("frames");
const POLL_MS = SECOND_MS;

/** The newest frames, hex beside meaning, asked for once a second while this is open; can be held still. */
export function Frames(props: { readonly device: DeviceView; readonly zone: string }) {
  const page = usePage();
  const { technician, common } = page.format.value.words.pages;
  const open = useSignal(false);
  const held = useSignal(false);
  const { device } = props;
  const path = `${devicePath(device)}/frames`;
  const over = useSignal(false);
  const { answer } = usePoll(path, isFrames, POLL_MS, open.value && !held.value && !over.value);
  const got = answer.value;
  // Nobody goes on looking at somebody's box because a page was left open.
  if (got?.ok === true && got.value.look === "over" && !over.value) over.value = true;

  async function again(): Promise<void> {
    answer.value = await page.api.get(`${path}?anew=true`, isFrames);
    over.value = false;
  }
  return (
    <details
      class="frames"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{technician.frames}</summary>
      <p class="buttons">
        <button
          type="button"
          aria-pressed={held.value}
          onClick={() => {
            held.value = !held.value;
          }}
        >
          {held.value ? technician.resume : technician.pause}
        </button>
        {held.value && <span class="tag">{technician.paused}</span>}
      </p>
      {got === undefined && open.value && <p class="waiting">{common.waiting}</p>}
      {got?.ok === false && <TroubleBox trouble={got.problem} />}
      {got?.ok === true && got.value.look === "asking" && (
        <output class="waiting">{technician.looking.asking}</output>
      )}
      {over.value && (
        <output class="notice">
          {technician.looking.over}{" "}
          <button type="button" onClick={() => page.handOver(again())}>
            {technician.looking.again}
          </button>
        </output>
      )}
      {got?.ok === true && (got.value.look ?? "live") === "live" && (
        <FrameTable
          frames={got.value.frames.toReversed()}
          label={`${technician.frames} · ${device.label}`}
          zone={props.zone}
        />
      )}
    </details>
  );
}

function FrameTable(props: {
  readonly frames: readonly FrameLine[];
  readonly label: string;
  readonly zone: string;
}) {
  const format = usePage().format.value;
  const { technician } = format.words.pages;
  const { frames } = props;
  if (frames.length === 0) return <p class="empty">{technician.noFrames}</p>;
  return (
    <ScrollArea label={props.label} class="frame-list">
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
              <td>{format.time(frame.at, props.zone, true)}</td>
              <td>
                {frame.direction === "rejected" && <span aria-hidden="true">✗ </span>}
                {technician.directions[frame.direction]}
              </td>
              <td>
                <code>{frame.hex}</code>
              </td>
              <td lang="en">{frame.meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}
