import { type Signal, signal, useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import type { BedId } from "../../src/domain/ids.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { Dialog } from "../shared/dialog.tsx";
import { listen, usePage } from "../shared/page.ts";
import type { Preferences } from "../shared/preferences.ts";
import { Sharing } from "../shared/sharing.tsx";
import type { DwellTimes } from "./dwell.ts";

const DEFAULT_KEYS = ["Space", "Enter"];
const MAX_KEYS = 6;
/** Looking times that studies found usable, milliseconds until armed; a third of it more confirms. */
const ARM_TIMES_MS = [500, 800, 1200, 1600] as const;
const DEFAULT_ARM_MS = 800;

/** How this phone or tablet is used by this patient; kept on the device. */
export class PatientSettings {
  /** Physical keys (KeyboardEvent.code) that call; a switch interface sends one of them. */
  readonly keys: Signal<readonly string[]>;
  readonly dwell: Signal<boolean>;
  readonly armMs: Signal<number>;
  readonly dim: Signal<boolean>;
  /** Whose call this is, in a home with several beds; undefined: the first bed. */
  readonly bed: Signal<BedId | undefined>;
  readonly #preferences: Preferences;

  constructor(preferences: Preferences) {
    this.#preferences = preferences;
    const keys = preferences.get("keys")?.split(" ").filter(Boolean) ?? DEFAULT_KEYS;
    const armMs = Number(preferences.get("arm"));
    this.keys = signal(keys.slice(0, MAX_KEYS));
    this.dwell = signal(preferences.get("dwell") !== "no");
    this.armMs = signal(ARM_TIMES_MS.find((ms) => ms === armMs) ?? DEFAULT_ARM_MS);
    this.dim = signal(preferences.get("dim") !== "no");
    this.bed = signal(preferences.get("bed"));
  }

  /** 800 ms to arm and 400 ms to confirm unless chosen otherwise. */
  dwellTimes(): DwellTimes {
    return { armMs: this.armMs.value, confirmMs: this.armMs.value / 2 };
  }

  chooseKeys(keys: readonly string[]): void {
    this.keys.value = keys.slice(0, MAX_KEYS);
    this.#preferences.set("keys", this.keys.value.join(" "));
  }

  chooseDwell(on: boolean): void {
    this.dwell.value = on;
    this.#preferences.set("dwell", on ? "yes" : "no");
  }

  chooseArm(ms: number): void {
    this.armMs.value = ms;
    this.#preferences.set("arm", String(ms));
  }

  chooseBed(bed: BedId): void {
    this.bed.value = bed;
    this.#preferences.set("bed", bed);
  }

  chooseDim(on: boolean): void {
    this.dim.value = on;
    this.#preferences.set("dim", on ? "yes" : "no");
  }
}

export function SettingsDialog(props: {
  readonly settings: PatientSettings;
  readonly beds: readonly BedState[];
  readonly onClose: () => void;
}) {
  const { settings, beds } = props;
  const format = usePage().format.value;
  const { patient, common } = format.words.pages;
  return (
    <Dialog title={patient.settingsTitle} onClose={props.onClose}>
      {beds.length > 1 && (
        <label>
          {common.bed}
          <select
            value={settings.bed.value ?? beds[0]?.bed ?? ""}
            onChange={(event) => settings.chooseBed(event.currentTarget.value)}
          >
            {beds.map((bed) => (
              <option key={bed.bed} value={bed.bed}>
                {bed.label}
              </option>
            ))}
          </select>
        </label>
      )}
      <Keys settings={settings} />
      <label class="check">
        <input
          type="checkbox"
          checked={settings.dwell.value}
          onChange={(event) => settings.chooseDwell(event.currentTarget.checked)}
        />
        {patient.dwell}
      </label>
      <label>
        {patient.dwellTime}
        <select
          value={settings.armMs.value}
          onChange={(event) => settings.chooseArm(Number(event.currentTarget.value))}
        >
          {ARM_TIMES_MS.map((ms) => (
            <option key={ms} value={ms}>
              {fill(patient.dwellMs, { count: format.number(ms / 1000, 1) })}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={settings.dim.value}
          onChange={(event) => settings.chooseDim(event.currentTarget.checked)}
        />
        {patient.dim}
      </label>
      <Sharing />
      <button type="button" class="big primary" onClick={props.onClose}>
        {patient.done}
      </button>
    </Dialog>
  );
}

function Keys(props: { readonly settings: PatientSettings }) {
  const { settings } = props;
  const { patient } = usePage().format.value.words.pages;
  const listening = useSignal(false);
  // With the words that ask for a key, not a frame later: the first press is the one that counts.
  useLayoutEffect(() => {
    if (!listening.value) return undefined;
    return listen(window, "keydown", (event) => {
      if (!(event instanceof KeyboardEvent) || event.code === "" || event.code === "Tab") return;
      event.preventDefault();
      event.stopPropagation();
      listening.value = false;
      if (event.code === "Escape" || settings.keys.value.includes(event.code)) return;
      settings.chooseKeys([...settings.keys.value, event.code]);
    });
  }, [listening.value]);
  return (
    <fieldset>
      <legend>{patient.keys}</legend>
      <ul class="keys">
        {settings.keys.value.map((key) => (
          <li key={key}>
            <kbd>{keyName(key, patient.keySpace)}</kbd>
            <button
              type="button"
              aria-label={fill(patient.removeKey, { what: keyName(key, patient.keySpace) })}
              onClick={() => settings.chooseKeys(settings.keys.value.filter((other) => other !== key))}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      {settings.keys.value.length < MAX_KEYS && (
        <button
          type="button"
          aria-pressed={listening.value}
          onClick={() => {
            listening.value = true;
          }}
        >
          {listening.value ? patient.keysHint : patient.addKey}
        </button>
      )}
    </fieldset>
  );
}

export const keyName = (code: string, space: string): string =>
  code === "Space" ? space : code.replace(/^(?:Key|Digit|Numpad)(?=.)/, "");
