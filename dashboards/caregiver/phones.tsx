import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { PersonId } from "../../src/domain/ids.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { ChannelsResponse } from "../../src/server/contract/channels.ts";
import type { MembersResponse } from "../../src/server/contract/people.ts";
import { hasKeys } from "../shared/api.ts";
import { type Asked, useAsked } from "../shared/asked.ts";
import { type OwnHome, ownHomes } from "../shared/own-homes.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { AddPhone } from "./phones-add.tsx";
import { DeadMen } from "./phones-dead-men.tsx";
import { PhoneList } from "./phones-list.tsx";
import "./phones.css";

const isChannels = hasKeys<ChannelsResponse>("channels", "phones");
const isMembers = hasKeys<MembersResponse>("people");

/** A phone that has just proved itself is shown so after at most this. */
const AGAIN_MS = 30 * SECOND_MS;

/** What every part of this section works with: one home as one of its people sees it. */
export interface PhonesHome {
  readonly path: string;
  readonly zone: string;
  readonly me: PersonId;
  readonly isOwner: boolean;
  readonly people: MembersResponse["people"];
  readonly known: ChannelsResponse;
  readonly asked: Asked<ChannelsResponse>;
}

/** Everybody's phones, and the ways to reach them: asked for only once it is opened. */
export function Phones() {
  const page = usePage();
  const { phones } = page.format.value.words;
  const open = useSignal(false);
  const who = page.who.value;
  const me = who.kind === "known" ? who.me.person?.id : undefined;
  const homes = (ownHomes(page) ?? []).filter(({ role }) => role === "owner" || role === "caregiver");
  if (me === undefined || homes.length === 0) return null;
  return (
    <details
      class="phones card"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{phones.title}</summary>
      {open.value &&
        homes.map((home) => (
          <div key={home.home} class="phones-home" data-home={home.home}>
            {homes.length > 1 && <h2>{home.title}</h2>}
            <PhonesOf home={home} me={me} />
          </div>
        ))}
    </details>
  );
}

function PhonesOf(props: { readonly home: OwnHome; readonly me: PersonId }) {
  const { home, me } = props;
  const page = usePage();
  const { phones, pages, notes } = page.format.value.words;
  const path = `/api/homes/${encodeURIComponent(home.home)}`;
  const asked = useAsked(`${path}/channels`, isChannels);
  const members = useAsked(`${path}/people`, isMembers);
  const ask = (): void => page.handOver(Promise.all([asked.ask(), members.ask()]));
  useEffect(
    () =>
      page.clock.every(AGAIN_MS, () => {
        if (document.visibilityState === "visible") ask();
      }),
    [path],
  );
  const trouble = asked.trouble.value ?? members.trouble.value;
  const known = asked.value.value;
  const people = members.value.value?.people;
  if (known === undefined || people === undefined) {
    if (trouble === undefined) return <p class="waiting">{notes.loading}</p>;
    return (
      <>
        <TroubleBox trouble={trouble} />
        <p class="buttons">
          <button type="button" onClick={ask}>
            {pages.common.tryAgain}
          </button>
        </p>
      </>
    );
  }
  const all = { path, zone: home.zone, me, isOwner: home.role === "owner", people, known, asked };
  return (
    <>
      <p class="small">{phones.hint}</p>
      {trouble !== undefined && <TroubleBox trouble={trouble} />}
      <PhoneList of={all} />
      {known.channels.length > 0 && <AddPhone of={all} />}
      <DeadMen path={path} zone={home.zone} isOwner={all.isOwner} />
    </>
  );
}
