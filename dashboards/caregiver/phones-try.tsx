import { useSignal } from "@preact/signals";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { TryResponse } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import { type Answer, hasKeys } from "../shared/api.ts";
import { elapsedMs, type Moment, momentOf } from "../shared/clock.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { PhonesHome } from "./phones.tsx";

const isTried = hasKeys<TryResponse>("outcome", "tookMs");

/** The box gives a provider 20 s. */
const TRY_MS = 25 * SECOND_MS;

/** One message marked as a drill, and how the provider took it. */
export function TryPhone(props: {
  readonly of: PhonesHome;
  readonly phone: string;
  readonly isFirst?: boolean;
}) {
  const { of, phone } = props;
  const page = usePage();
  const { phones } = page.format.value.words;
  const since = useSignal<Moment | undefined>(undefined);
  const answer = useSignal<Answer<TryResponse> | undefined>(undefined);
  async function send(): Promise<void> {
    if (since.value !== undefined) return;
    since.value = momentOf(page.clock);
    answer.value = undefined;
    const path = `${of.path}/phones/${encodeURIComponent(phone)}/try`;
    answer.value = await page.api.post(path, {}, isTried, TRY_MS);
    since.value = undefined;
    // A phone that is gone for good is told of in the list.
    await of.asked.ask();
  }
  const heard = answer.value;
  return (
    <div class="try">
      <button
        type="button"
        class={props.isFirst === true ? "primary" : undefined}
        aria-disabled={since.value !== undefined}
        onClick={() => page.handOver(send())}
      >
        {phones.try}
      </button>
      <output class="try-answer">
        {since.value !== undefined && <Sending since={since.value} />}
        {heard?.ok === true && <Tried answer={heard.value} />}
      </output>
      {heard?.ok === false && <TroubleBox trouble={heard.problem} />}
    </div>
  );
}

function Sending(props: { readonly since: Moment }) {
  const page = usePage();
  const format = page.format.value;
  page.everySecond();
  return (
    <p>
      {format.words.phones.trying}{" "}
      <span aria-hidden="true">{format.age(elapsedMs(page.clock, props.since))}</span>
      <progress aria-hidden="true" />
    </p>
  );
}

function Tried(props: { readonly answer: TryResponse }) {
  const { outcome, detail, tookMs } = props.answer;
  const format = usePage().format.value;
  const { phones } = format.words;
  const value = format.number(tookMs / SECOND_MS, 1);
  if (outcome === "accepted") {
    return (
      <p data-outcome={outcome}>
        {fill(phones.taken, { value })}
        <span class="small detail">{phones.provedBy}</span>
      </p>
    );
  }
  return (
    <p class="problem" data-outcome={outcome}>
      {fill(phones[outcome], { value, detail: detail ?? phones.noWhy })}
    </p>
  );
}
