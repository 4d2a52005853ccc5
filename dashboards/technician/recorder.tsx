import { useSignal } from "@preact/signals";
import type { DeviceView } from "../../src/server/contract/technician.ts";
import { fill } from "../../src/words/template.ts";
import type { Download, Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { boxNow } from "./box-now.ts";
import { devicePath } from "./device-path.ts";
import { type AskedWindow, lastMinutes, recordingWindow, usualWindow } from "./recording-window.ts";

/** The flight recorder of one device: what went over its link, saved as a file. */
export function Recorder(props: {
  readonly device: DeviceView;
  readonly zone: string;
  /** On a hub: the box is asked for it. */
  readonly afar: boolean;
}) {
  const page = usePage();
  const format = page.format.value;
  const { recorder, looking } = format.words.pages.technician;
  const { device, zone } = props;
  const { bytes, since } = device.recorded;
  // Undefined until somebody chooses: what stands there then follows the box's clock.
  const chosen = useSignal<AskedWindow | undefined>(undefined);
  const asked = chosen.value ?? usualWindow(zone, boxNow(page));
  const busy = useSignal(false);
  const saved = useSignal<string | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);

  async function save(from: number, to: number): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    const times = `from=${Math.floor(from)}&to=${Math.ceil(to)}`;
    const answer = await page.api.download(`${devicePath(device)}/recording?${times}`);
    busy.value = false;
    trouble.value = answer.ok ? undefined : answer.problem;
    saved.value = answer.ok ? answer.value.name : undefined;
    if (answer.ok) handToBrowser(answer.value);
  }

  const window = recordingWindow(asked, zone, boxNow(page));
  const change = (part: Partial<AskedWindow>) => {
    chosen.value = { ...asked, ...part };
  };
  const time = (at: number) => format.time(at, zone);
  return (
    <details class="recorder">
      <summary>{recorder.title}</summary>
      <p class="small">
        {since === undefined
          ? recorder.keptNothing
          : fill(recorder.kept, { value: format.number(bytes / 1e6, 2), time: format.dateTime(since, zone) })}
      </p>
      <p class="buttons">
        <button
          type="button"
          disabled={busy.value}
          onClick={() => {
            const { from, to } = lastMinutes(boxNow(page));
            page.handOver(save(from, to));
          }}
        >
          {recorder.lastTen}
        </button>
      </p>
      <fieldset class="around">
        <legend>{recorder.around}</legend>
        <label>
          {recorder.date}
          <input
            type="date"
            value={asked.date}
            onInput={(event) => change({ date: event.currentTarget.value })}
          />
        </label>
        <label>
          {recorder.clock}
          <input
            type="time"
            value={asked.clock}
            onInput={(event) => change({ clock: event.currentTarget.value })}
          />
        </label>
        <Minutes
          name={recorder.before}
          value={asked.beforeMin}
          onChange={(beforeMin) => change({ beforeMin })}
        />
        <Minutes name={recorder.after} value={asked.afterMin} onChange={(afterMin) => change({ afterMin })} />
        {window.kind === "window" ? (
          <button
            type="button"
            class="primary wide"
            disabled={busy.value}
            onClick={() => page.handOver(save(window.from, window.to))}
          >
            {fill(recorder.save, { from: time(window.from), to: time(window.to) })}
          </button>
        ) : (
          <p class="wide problem">{recorder[window.kind]}</p>
        )}
      </fieldset>
      <output>
        {busy.value && (props.afar ? looking.asking : recorder.saving)}
        {!busy.value && saved.value !== undefined && fill(recorder.saved, { name: saved.value })}
      </output>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </details>
  );
}

function Minutes(props: {
  readonly name: string;
  readonly value: number;
  readonly onChange: (minutes: number) => void;
}) {
  return (
    <label>
      {props.name}
      <input
        type="number"
        inputMode="numeric"
        min={0}
        max={120}
        value={Number.isNaN(props.value) ? "" : props.value}
        onInput={(event) => props.onChange(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

/** Puts a file where this browser puts what it downloads. */
function handToBrowser({ name, content }: Download): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
