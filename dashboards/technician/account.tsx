import { useSignal } from "@preact/signals";
import type { SignInsResponse } from "../../src/server/contract/people.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { ClinicIdentities, useReturned } from "../shared/clinic-sign-in.tsx";
import { Confirm } from "../shared/confirm.tsx";
import { usePage } from "../shared/page.ts";
import { canUsePasskeys, makePasskey } from "../shared/passkey.tsx";
import { OwnPassword } from "../shared/password.tsx";
import { agreeing, lossOf } from "../shared/phones-loss.ts";
import { TroubleBox } from "../shared/trouble.tsx";

const isSignIns = hasKeys<SignInsResponse>("signIns");

/** This phone's sign-in, and on request all of one's own: each can be ended, a lost phone's too. */
export function Account() {
  const page = usePage();
  const format = page.format.value;
  const { technician, common } = format.words.pages;
  const words = technician.signIns;
  const list = useSignal<SignInsResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const returned = useReturned();
  const zone = page.heard.value?.beds[0]?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

  async function signOut(isAgreed: boolean): Promise<void> {
    const answer = await page.api.tell(agreeing("/api/sign-out", isAgreed), {});
    trouble.value = answer.ok ? undefined : answer.problem;
    page.askWho();
  }
  async function show(): Promise<void> {
    const answer = await page.api.get("/api/me/sign-ins", isSignIns);
    trouble.value = answer.ok ? undefined : answer.problem;
    if (answer.ok) list.value = answer.value;
  }
  async function make(): Promise<void> {
    const answer = await makePasskey(page);
    if (answer?.ok === true) await show();
    else trouble.value = answer?.problem;
  }
  async function end(path: string, isAgreed = false): Promise<void> {
    const answer = await page.api.remove(agreeing(path, isAgreed));
    if (answer.ok) await show();
    else trouble.value = answer.problem;
  }

  return (
    <section class="card" aria-label={technician.account}>
      <h2>{technician.account}</h2>
      <div class="toolbar">
        <Confirm
          label={common.signOut}
          title={words.outTitle}
          text={words.endText}
          onlyCautioned
          before={() => lossOf(page, "/api/me/sign-ins/here")}
          onSure={signOut}
        />
        <button type="button" onClick={() => page.handOver(show())}>
          {words.show}
        </button>
      </div>
      {list.value !== undefined && (
        <>
          <p class="small">{words.hint}</p>
          <ul class="sign-ins">
            {list.value.signIns.map((one) => (
              <li key={one.id}>
                <strong>{one.current ? words.here : one.label || words.nameless}</strong>{" "}
                <span class="small">
                  {fill(words.since, {
                    time: format.dateTime(one.createdAt, zone),
                    to: format.dateTime(one.seenAt, zone),
                  })}
                </span>{" "}
                {!one.current && (
                  <Confirm
                    label={words.end}
                    title={fill(words.endTitle, { name: one.label || words.nameless })}
                    text={words.endText}
                    onlyCautioned
                    before={() => lossOf(page, `/api/me/sign-ins/${one.id}`)}
                    onSure={(isAgreed) => end(`/api/me/sign-ins/${one.id}`, isAgreed)}
                  />
                )}
              </li>
            ))}
          </ul>
          {list.value.signIns.length > 1 && (
            <Confirm
              label={words.endOthers}
              title={words.othersTitle}
              text={words.endText}
              onlyCautioned
              before={() => lossOf(page, "/api/me/sign-ins/others")}
              onSure={(isAgreed) => end("/api/me/sign-ins", isAgreed)}
            />
          )}
          <h3>{words.passkeys}</h3>
          <p class="small">{words.passkeysHint}</p>
          <ul class="passkeys">
            {list.value.passkeys.map((one) => (
              <li key={one.id}>
                <strong>{one.label || words.nameless}</strong>{" "}
                <span class="small">{format.dateTime(one.createdAt, zone)}</span>{" "}
                <button type="button" onClick={() => page.handOver(end(`/api/me/passkeys/${one.id}`))}>
                  {words.removePasskey}
                </button>
              </li>
            ))}
          </ul>
          {list.value.identities?.some(({ only }) => only) !== true && (
            <MakePasskey onMake={() => page.handOver(make())} />
          )}
          {list.value.identities?.some(({ only }) => only) !== true && (
            <OwnPassword login={list.value.login} onChanged={() => page.handOver(show())} />
          )}
          <ClinicIdentities identities={list.value.identities ?? []} zone={zone} onRemove={end} />
        </>
      )}
      {returned !== undefined && <TroubleBox trouble={returned} />}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </section>
  );
}

/** The button where passkeys work, and why there is none elsewhere. */
function MakePasskey(props: { readonly onMake: () => void }) {
  const page = usePage();
  const words = page.format.value.words.pages.technician.signIns;
  const who = page.who.value;
  if (who.kind !== "known" || !canUsePasskeys(who.me)) return <p class="small">{words.noPasskeys}</p>;
  return (
    <button type="button" onClick={props.onMake}>
      {words.makePasskey}
    </button>
  );
}
