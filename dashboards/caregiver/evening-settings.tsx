import type { EveningSettings } from "../../src/domain/evening.ts";
import type { EveningSettingsRequest } from "../../src/server/contract/evening.ts";
import { usePage } from "../shared/page.ts";
import { minuteOf, timeOf } from "../shared/time-field.ts";
import type { HeardEvening } from "./evening.ts";

/** Whether, and when, the home checks itself each evening. */
export function EveningSettingsForm(props: {
  readonly evening: HeardEvening;
  readonly settings: EveningSettings;
}) {
  const { evening, settings } = props;
  const page = usePage();
  const words = page.format.value.words.evening;
  const set = async (next: EveningSettingsRequest): Promise<void> => {
    const answer = await page.api.put(`${evening.path}/settings`, next);
    evening.trouble.value = answer.ok ? undefined : answer.problem;
    await evening.ask();
  };
  return (
    <p class="evening-settings">
      <label class="check">
        <input
          type="checkbox"
          checked={settings.on}
          onChange={(event) => page.handOver(set({ ...settings, on: event.currentTarget.checked }))}
        />{" "}
        {words.settings}
      </label>{" "}
      <input
        type="time"
        aria-label={words.settings}
        value={timeOf(settings.atMinute)}
        onChange={(event) => {
          const atMinute = minuteOf(event.currentTarget.value);
          if (atMinute !== undefined) page.handOver(set({ ...settings, atMinute }));
        }}
      />
    </p>
  );
}
