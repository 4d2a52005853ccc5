import { useSignal } from "@preact/signals";
import type { MemberSignInsResponse, MembersResponse } from "../../src/server/contract/people.ts";
import { fill } from "../../src/words/template.ts";
import { type Answer, hasKeys, type Trouble } from "../shared/api.ts";
import { Confirm } from "../shared/confirm.tsx";
import { usePage } from "../shared/page.ts";
import { agreeing, lossOf } from "../shared/phones-loss.ts";
import { TroubleBox } from "../shared/trouble.tsx";

const isMembers = hasKeys<MembersResponse>("people", "total");
const isSignIns = hasKeys<MemberSignInsResponse>("signIns");
/** People shown at once. */
const SHOWN = 20;

type Member = MembersResponse["people"][number];

/** The owner sees who belongs to a home and where they are signed in, ends that, and removes somebody after a second tap. */
export function Members(props: { readonly home: string }) {
  const page = usePage();
  const { words } = page.format.value;
  const text = words.pages.technician.members;
  const list = useSignal<readonly Member[] | undefined>(undefined);
  const rest = useSignal<{ readonly next?: string; readonly total: number }>({ total: 0 });
  const trouble = useSignal<Trouble | undefined>(undefined);
  const path = `/api/homes/${props.home}/people`;
  const told = (answer: Answer<unknown>): void => {
    trouble.value = answer.ok ? undefined : answer.problem;
  };

  /** The first ones, or those after what is shown. */
  async function show(before?: string): Promise<void> {
    const query = new URLSearchParams({ limit: String(SHOWN), ...(before === undefined ? {} : { before }) });
    const answer = await page.api.get(`${path}?${query}`, isMembers);
    told(answer);
    if (!answer.ok) return;
    const { people, next, total } = answer.value;
    list.value = before === undefined ? people : [...(list.value ?? []), ...people];
    rest.value = { total, ...(next === undefined ? {} : { next }) };
  }
  async function remove(id: string, isAgreed: boolean): Promise<void> {
    const answer = await page.api.remove(agreeing(`${path}/${id}`, isAgreed));
    told(answer);
    if (answer.ok) await show();
  }

  const { next, total } = rest.value;
  return (
    <section class="card" aria-label={text.title}>
      <h2>{text.title}</h2>
      {list.value === undefined ? (
        <button type="button" onClick={() => page.handOver(show())}>
          {text.show}
        </button>
      ) : (
        <ul class="members">
          {list.value.map((member) => (
            <MemberLine
              key={member.id}
              member={member}
              path={`${path}/${member.id}`}
              onRemove={(isAgreed) => remove(member.id, isAgreed)}
            />
          ))}
        </ul>
      )}
      {list.value !== undefined && next !== undefined && (
        <p class="small">
          {fill(text.shown, { shown: String(list.value.length), total: String(total) })}{" "}
          <button type="button" onClick={() => page.handOver(show(next))}>
            {words.people.homes.more}
          </button>
        </p>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </section>
  );
}

function MemberLine(props: {
  readonly member: Member;
  readonly path: string;
  readonly onRemove: (isAgreed: boolean) => Promise<void>;
}) {
  const page = usePage();
  const { words } = page.format.value;
  const text = words.pages.technician.members;
  const { id, name, role } = props.member;
  return (
    <li key={id}>
      <strong>{name}</strong> · {words.terms.roles[role]}{" "}
      <Confirm
        label={text.remove}
        title={fill(text.sure, { name })}
        text={text.removeText}
        before={() => lossOf(page, props.path)}
        onSure={props.onRemove}
      />{" "}
      <MemberSignIns path={`${props.path}/sign-ins`} name={name} />
    </li>
  );
}

/** Where somebody of the home is signed in: each can be ended, with the phone that was set up there. */
function MemberSignIns(props: { readonly path: string; readonly name: string }) {
  const page = usePage();
  const format = page.format.value;
  const { members: text, signIns: words } = format.words.pages.technician;
  const list = useSignal<MemberSignInsResponse["signIns"] | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const zone = page.heard.value?.beds[0]?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

  async function show(): Promise<void> {
    const answer = await page.api.get(props.path, isSignIns);
    trouble.value = answer.ok ? undefined : answer.problem;
    if (answer.ok) list.value = answer.value.signIns;
  }
  async function end(id: string, isAgreed: boolean): Promise<void> {
    const answer = await page.api.remove(agreeing(`${props.path}/${id}`, isAgreed));
    if (answer.ok) await show();
    else trouble.value = answer.problem;
  }

  return (
    <>
      {list.value === undefined && (
        <button type="button" onClick={() => page.handOver(show())}>
          {text.signIns}
        </button>
      )}
      {list.value !== undefined && (
        <div class="member-sign-ins">
          <p class="small">
            {list.value.length === 0 ? fill(text.nowhere, { name: props.name }) : words.hint}
          </p>
          <ul class="sign-ins">
            {list.value.map((one) => (
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
                    before={() => lossOf(page, `${props.path}/${one.id}`)}
                    onSure={(isAgreed) => end(one.id, isAgreed)}
                  />
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </>
  );
}
