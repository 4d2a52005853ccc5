import { useSignal } from "@preact/signals";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { useEvening } from "./evening.ts";
import { CheckProgress } from "./evening-progress.tsx";
import type { PhonesHome } from "./phones.tsx";

/** A check of this one phone, by the way that alarms take; aloud where it can only ring like a call. */
export function TryPhone(props: {
  readonly of: PhonesHome;
  readonly phone: string;
  readonly isFirst?: boolean;
}) {
  const { of, phone } = props;
  const page = usePage();
  const { phones, evening: words } = page.format.value.words;
  const wanted = useSignal(false);
  const evening = useEvening(of.path, wanted.value);
  const latest = evening.view.value?.latest;
  const check = latest?.phones.length === 1 && latest.phones[0]?.id === phone ? latest : undefined;
  const isRunning = check !== undefined && check.end === undefined;
  const channel = of.known.phones.find(({ id }) => id === phone)?.channel;
  const sounds = of.known.channels.find(({ id }) => id === channel)?.capabilities.sounds;
  async function begin(): Promise<void> {
    wanted.value = true;
    await evening.begin({ kind: sounds === "call" ? "loud" : "quiet", phones: [phone] });
    await of.asked.ask();
  }
  const isBusy = evening.busy.value || isRunning;
  return (
    <div class="try">
      <button
        type="button"
        class={props.isFirst === true ? "primary" : undefined}
        aria-disabled={isBusy}
        onClick={() => {
          if (!isBusy) page.handOver(begin());
        }}
      >
        {phones.try}
      </button>
      <output class="try-answer">
        {check !== undefined && <CheckProgress check={check} />}
        {isRunning && (
          <button type="button" onClick={() => page.handOver(evening.stop())}>
            {words.stop}
          </button>
        )}
      </output>
      {evening.trouble.value !== undefined && <TroubleBox trouble={evening.trouble.value} />}
    </div>
  );
}
