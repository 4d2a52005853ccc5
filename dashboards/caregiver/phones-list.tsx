import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { PROOF_MS } from "../../src/domain/proof.ts";
import type { ChannelsResponse, PhoneView } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { elapsedMs } from "../shared/clock.ts";
import { Confirm } from "../shared/confirm.tsx";
import { type Format, lookUp } from "../shared/format.ts";
import { type Page, usePage } from "../shared/page.ts";
import { agreeing, lossOf } from "../shared/phones-loss.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { PhonesHome } from "./phones.tsx";
import { TryPhone } from "./phones-try.tsx";

interface Group {
  readonly key: string;
  readonly name: string;
  readonly phones: readonly PhoneView[];
}

/** Everybody's phones by person, one's own first. */
export function PhoneList(props: { readonly of: PhonesHome }) {
  const { of } = props;
  const { phones } = usePage().format.value.words;
  const list = useRef<HTMLDivElement>(null);
  if (of.known.phones.length === 0) return <p class="empty">{phones.none}</p>;
  return (
    <div class="phone-people" ref={list} tabIndex={-1}>
      {groupsOf(of, phones).map((group) => (
        <section key={group.key} data-person={group.key} aria-label={group.name}>
          <h3>{group.name}</h3>
          {group.phones.length === 0 && <p class="small">{phones.noneOf}</p>}
          <ul class="phone-list">
            {group.phones.map((phone) => (
              <Phone key={phone.id} of={of} phone={phone} onRemoved={() => list.current?.focus()} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Phone(props: {
  readonly of: PhonesHome;
  readonly phone: PhoneView;
  readonly onRemoved: () => void;
}) {
  const { of, phone } = props;
  const page = usePage();
  const format = page.format.value;
  const { phones } = format.words;
  const trouble = useSignal<Trouble | undefined>(undefined);
  const state = stateOf(phone, of, page);
  async function remove(isAgreed: boolean): Promise<void> {
    const path = `/api/push/${encodeURIComponent(phone.id)}`;
    const answer = await page.api.remove(agreeing(path, isAgreed));
    trouble.value = answer.ok ? undefined : answer.problem;
    if (!answer.ok) return;
    await of.asked.ask();
    props.onRemoved();
  }
  return (
    <li class="phone" data-phone={phone.id}>
      <div class="phone-what">
        <p>
          <strong>{phone.label}</strong>{" "}
          <span class="small">
            {fill(phones.by, { name: channelName(phone.channel, of.known, format) })}
            {settingsOf(phone, of.known, format).map((value) => ` · ${value}`)}
          </span>
        </p>
        <p class={state.mark === "✓" ? "phone-proven" : "problem"} data-test="proof">
          <span aria-hidden="true">{state.mark} </span>
          {state.words}
        </p>
      </div>
      <MorningWord of={of} phone={phone} />
      <div class="phone-doing">
        <TryPhone of={of} phone={phone.id} />
        {(of.isOwner || phone.person === of.me) && (
          <Confirm
            label={phones.remove}
            title={fill(phones.removeTitle, { name: phone.label })}
            text={phones.removeText}
            before={() => lossOf(page, `${of.path}/phones/${encodeURIComponent(phone.id)}`)}
            onSure={remove}
          />
        )}
      </div>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </li>
  );
}

/** Whether this phone hears quietly that the night's summary is ready; not offered by what only calls. */
function MorningWord(props: { readonly of: PhonesHome; readonly phone: PhoneView }) {
  const { of, phone } = props;
  const page = usePage();
  const { phones } = page.format.value.words;
  const trouble = useSignal<Trouble | undefined>(undefined);
  const module = of.known.channels.find(({ id }) => id === phone.channel);
  if (phone.channel === "webhook" || module?.capabilities.onlyAlarms === true) return null;
  if (!of.isOwner && phone.person !== of.me) return null;
  async function choose(wanted: boolean): Promise<void> {
    const answer = await page.api.put(`${of.path}/phones/${encodeURIComponent(phone.id)}/morning`, {
      wanted,
    });
    trouble.value = answer.ok ? undefined : answer.problem;
    await of.asked.ask();
  }
  return (
    <>
      <label class="check small">
        <input
          type="checkbox"
          checked={phone.morning === true}
          onChange={(event) => page.handOver(choose(event.currentTarget.checked))}
        />
        {phones.morning}
      </label>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </>
  );
}

/** What a way is called; one that is no module, such as the browser's notifications, has words of the page's own. */
function channelName(id: string, { channels }: ChannelsResponse, { words, language }: Format): string {
  return channels.find((each) => each.id === id)?.name[language] ?? lookUp(words.phones.otherWays, id) ?? id;
}

/** What tells two phones on the same way apart: number, address, choices. */
function settingsOf(phone: PhoneView, { channels }: ChannelsResponse, format: Format): readonly string[] {
  const fields = channels.find(({ id }) => id === phone.channel)?.target ?? [];
  return fields.flatMap(({ name, choices }) => {
    const value = phone.settings[name];
    if (value === undefined) return [];
    return [choices?.find((choice) => choice.value === value)?.label[format.language] ?? value];
  });
}

/** Law 2 in words: a phone that has not proved lately that it rings is not counted on. */
function stateOf(
  { channel, dead, provenAt }: PhoneView,
  { known, zone }: PhonesHome,
  page: Page,
): { readonly mark: "✓" | "?" | "✗"; readonly words: string } {
  const format = page.format.value;
  const { phones } = format.words;
  const module = known.channels.find(({ id }) => id === channel);
  if (dead !== undefined) {
    return { mark: "✗", words: fill(phones.dead, { detail: dead === "" ? phones.noWhy : dead }) };
  }
  if (module?.isReady === false) {
    return { mark: "✗", words: fill(phones.notEntered, { name: module.name[format.language] }) };
  }
  if (provenAt === undefined) return { mark: "?", words: phones.neverProven };
  const heard = page.heard.value;
  const now = heard === undefined ? page.clock.wall() : heard.serverAt + elapsedMs(page.clock, heard.at);
  // The box may know of a proof that is younger than what it last told of itself.
  if (now - provenAt <= PROOF_MS) {
    return { mark: "✓", words: fill(phones.proven, { time: format.time(provenAt, zone) }) };
  }
  return { mark: "?", words: fill(phones.provenOld, { time: format.dateTime(provenAt, zone) }) };
}

/** Whoever alarms can call, and whoever else has a phone. */
function groupsOf(of: PhonesHome, words: Format["words"]["phones"]): readonly Group[] {
  const { people, known, me } = of;
  const phonesOf = (person: string) => known.phones.filter((phone) => phone.person === person);
  const groups = people
    .map(({ id, name, role }) => ({
      ...{ key: id, name: id === me ? fill(words.you, { name }) : name, phones: phonesOf(id) },
      isCalled: role === "owner" || role === "caregiver",
    }))
    .filter(({ phones, isCalled }) => isCalled || phones.length > 0);
  const left = known.phones.filter(({ person }) => !people.some(({ id }) => id === person));
  return [
    ...groups.filter(({ key }) => key === me),
    ...groups.filter(({ key }) => key !== me),
    ...(left.length === 0 ? [] : [{ key: "nobody", name: words.houseOwn, phones: left }]),
  ];
}
