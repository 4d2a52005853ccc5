import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { MINUTE_MS } from "../../src/domain/time.ts";
import type { ShareOpenedResponse } from "../../src/server/contract/people.ts";
import { fill } from "../../src/words/template.ts";
import { Sources, Vitals } from "../caregiver/vitals.tsx";
import { Waves } from "../caregiver/waves.tsx";
import "../caregiver/caregiver.css";
import { type Answer, hasKeys } from "../shared/api.ts";
import { listen, usePage } from "../shared/page.ts";
import { startPage } from "../shared/start-page.tsx";
import { TroubleBox } from "../shared/trouble.tsx";
import { Nights } from "../therapist/nights.tsx";

const isOpened = hasKeys<ShareOpenedResponse>("bed", "scope", "expiresAt");

/** What a shared link shows: the secret stands after the # sign and is sent only to open it. */
function Shared() {
  const page = usePage();
  const format = page.format.value;
  const { people, pages } = format.words;
  const secret = useSignal(secretIn(location.hash));
  const opened = useSignal<Answer<ShareOpenedResponse> | undefined>(undefined);

  async function open(): Promise<void> {
    if (secret.value === undefined) return;
    const answer = await page.api.post("/api/share", { secret: secret.value }, isOpened);
    // A box that is away for a moment has ended nothing.
    if (!answer.ok && opened.value?.ok === true && !isEnded(answer)) return;
    page.hearShared(answer.ok && answer.value.scope === "live");
    opened.value = answer;
  }
  const ask = (): void => page.handOver(open());

  useEffect(
    () =>
      listen(window, "hashchange", () => {
        secret.value = secretIn(location.hash);
      }),
    [],
  );
  useEffect(ask, [secret.value]);
  // A socket that is gone may mean that the link was ended; asked again now and then for as long as it is.
  const isLost = page.phase.value === "lost";
  useEffect(() => {
    if (!isLost) return undefined;
    ask();
    return page.clock.every(MINUTE_MS, ask);
  }, [isLost]);

  if (secret.value === undefined)
    return <Words title={people.shared.noSecretTitle} text={people.shared.noSecretText} />;
  const answer = opened.value;
  if (answer === undefined) return <p class="waiting">{pages.common.waiting}</p>;
  if (isEnded(answer)) return <Words title={people.shared.endedTitle} text={people.shared.endedText} />;
  if (!answer.ok) {
    return (
      <>
        <TroubleBox trouble={answer.problem} />
        <button type="button" class="big" onClick={ask}>
          {pages.common.tryAgain}
        </button>
      </>
    );
  }
  const { bed, scope, expiresAt } = answer.value;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <>
      <p class="shared-until">{fill(people.shared.until, { time: format.dateTime(expiresAt, zone) })}</p>
      {scope === "nights" ? <Nights bed={bed} shared={{ onRefused: ask }} /> : <Live bed={bed} />}
    </>
  );
}

function Live(props: { readonly bed: string }) {
  const page = usePage();
  const { people, pages } = page.format.value.words;
  const heard = page.heard.value;
  if (heard === undefined)
    return page.phase.value === "lost" ? <Lost /> : <p class="waiting">{pages.common.waiting}</p>;
  const bed = heard.beds.find((each) => each.bed === props.bed);
  if (bed === undefined) return <p class="empty">{people.shared.noBed}</p>;
  return (
    <div class="bed">
      <div class="bed-main">
        {page.phase.value === "lost" && <Lost />}
        <h2>{bed.label}</h2>
        <Vitals bed={bed} small={false} />
        <Waves bed={bed} />
      </div>
      <div class="bed-side">
        <Sources bed={bed} />
      </div>
    </div>
  );
}

function Lost() {
  const { common } = usePage().format.value.words.pages;
  return (
    <p class="problem" role="alert">
      {common.lostTitle}. {common.lostTrying}
    </p>
  );
}

function Words(props: { readonly title: string; readonly text: string }) {
  return (
    <section class="card" role="alert">
      <h2>{props.title}</h2>
      <p>{props.text}</p>
    </section>
  );
}

const isEnded = (answer: Answer<unknown>): boolean =>
  !answer.ok &&
  answer.problem.kind === "refused" &&
  (answer.problem.problem.code === "NOT_FOUND" || answer.problem.problem.status === 400);

const secretIn = (hash: string): string | undefined =>
  new URLSearchParams(hash.replace(/^#/, "")).get("secret") ?? undefined;

startPage({ name: "shared", app: Shared, rings: false, ownLossWords: true });
