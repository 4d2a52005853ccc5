import { useSignal } from "@preact/signals";
import { SECOND_MS } from "../../src/domain/time.ts";
import type {
  ClaimCodeResponse,
  HomesResponse,
  HomeView,
  NewHomeRequest,
} from "../../src/server/contract/homes.ts";
import { fill } from "../../src/words/template.ts";
import { type Answer, hasKeys, type Trouble } from "../shared/api.ts";
import { Confirm } from "../shared/confirm.tsx";
import { LinkOut } from "../shared/link-out.tsx";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { MoreHomes, SearchField, useHomeSearch } from "./home-search.tsx";
import { usePoll } from "./poll.ts";
import "../shared/sharing.css";

const isHomes = hasKeys<HomesResponse>("homes", "total", "codes", "waiting", "organisations");
const isCode = hasKeys<ClaimCodeResponse>("code", "link", "expiresAt");
/** A box that was just paired is to be seen while somebody waits for it. */
const POLL_MS = 5 * SECOND_MS;

interface Made {
  readonly name: string;
  readonly code: ClaimCodeResponse;
}

/** Homes of a hub with their boxes: codes for new ones, codes that wait, and a box put out. */
export function Homes() {
  const page = usePage();
  const format = page.format.value;
  const { people, pages } = format.words;
  const text = people.homes;
  const search = useHomeSearch();
  const { answer, ask } = usePoll(search.path, isHomes, POLL_MS);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const made = useSignal<Made | undefined>(undefined);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = answer.value?.ok === true ? answer.value.value : undefined;

  function done(got: Answer<unknown>): void {
    trouble.value = got.ok ? undefined : got.problem;
    ask();
  }
  async function makeCode(path: string, body: object, name: string): Promise<void> {
    const got = await page.api.post(path, body, isCode);
    made.value = got.ok ? { name, code: got.value } : undefined;
    done(got);
  }

  async function withdraw(code: string): Promise<void> {
    done(await page.api.remove(`/api/homes/codes/${code}`));
  }

  return (
    <section id="homes" class="homes card" aria-label={text.title}>
      <h2>{text.title}</h2>
      {answer.value === undefined && <p class="waiting">{pages.common.waiting}</p>}
      {answer.value?.ok === false && <TroubleBox trouble={answer.value.problem} />}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {known !== undefined && <SearchField search={search} total={known.total} />}
      {known?.total === 0 && search.text.value === "" && <p class="empty">{text.none}</p>}
      {known?.homes.map((home) => (
        <Home
          key={home.id}
          home={home}
          zone={zone}
          onCode={() => makeCode(`/api/homes/${home.id}/codes`, {}, home.label)}
          onRevoke={async (box) => done(await page.api.tell(`/api/homes/${home.id}/boxes/${box}/revoke`, {}))}
        />
      ))}
      {known !== undefined && <MoreHomes known={known} search={search} />}
      {known !== undefined && known.codes.length > 0 && (
        <>
          <h3>{text.codes}</h3>
          <ul class="looking-in">
            {known.codes.map(({ id, label, expiresAt }) => {
              return (
                <li key={id}>
                  <p>{fill(text.openCode, { name: label, time: format.dateTime(expiresAt, zone) })}</p>
                  <button type="button" onClick={() => page.handOver(withdraw(id))}>
                    {text.withdraw}
                  </button>
                </li>
              );
            })}
          </ul>
        </>
      )}
      {known !== undefined && known.waiting.length > 0 && (
        <>
          <h3>{text.waiting}</h3>
          <ul class="looking-in">
            {known.waiting.map(({ id, label, organisation, pairedAt }) => (
              <li key={id}>
                <p>
                  {fill(text.waitingOne, {
                    ...{ name: label, time: format.dateTime(pairedAt, zone) },
                    other: known.organisations.find((one) => one.id === organisation)?.name ?? "",
                  })}
                </p>
              </li>
            ))}
          </ul>
        </>
      )}
      {known !== undefined && (
        <NewHome
          organisations={known.organisations}
          onCode={(request) => makeCode("/api/homes/codes", request, request.label)}
        />
      )}
      {made.value !== undefined && <MadeCode made={made.value} zone={zone} />}
    </section>
  );
}

function MadeCode(props: { readonly made: Made; readonly zone: string }) {
  const format = usePage().format.value;
  const text = format.words.people.homes;
  const { name, code } = props.made;
  return (
    <output class="made join-code">
      <p>{fill(text.made, { name, time: format.dateTime(code.expiresAt, props.zone) })}</p>
      <p class="code">{code.code}</p>
      <p class="small">{text.once}</p>
      <LinkOut link={code.link} what={code.code} shown={`breathwatch pair '${code.link}'`} />
    </output>
  );
}

function Home(props: {
  readonly home: HomeView;
  readonly zone: string;
  readonly onCode: () => Promise<void>;
  readonly onRevoke: (box: string) => Promise<void>;
}) {
  const page = usePage();
  const format = page.format.value;
  const text = format.words.people.homes;
  const { home, zone } = props;
  const isUsed = home.boxes.some(({ revokedAt }) => revokedAt === undefined);
  return (
    <section class="home" data-home={home.id} aria-label={home.label}>
      <h3>{home.label}</h3>
      {!isUsed && <p class="empty">{text.noBox}</p>}
      <ul class="looking-in">
        {home.boxes.map(({ id, pairedAt, revokedAt, revokedWhy }) => (
          <li key={id} data-box={id}>
            <p class={revokedAt === undefined ? undefined : "small"}>
              {fill(text.box, { name: id })}
              {" · "}
              {revokedAt === undefined
                ? fill(text.inUse, { time: format.dateTime(pairedAt, zone) })
                : fill(text.out, {
                    time: format.dateTime(revokedAt, zone),
                    detail: whyWords(text.why, revokedWhy),
                  })}
            </p>
            {revokedAt === undefined && (
              <Confirm
                label={text.revoke}
                title={fill(text.revokeTitle, { name: home.label })}
                text={text.revokeText}
                onSure={() => props.onRevoke(id)}
              />
            )}
          </li>
        ))}
      </ul>
      <p class="small">{text.anotherHint}</p>
      <button type="button" onClick={() => page.handOver(props.onCode())}>
        {text.another}
      </button>
    </section>
  );
}

const whyWords = (words: { readonly [why: string]: string }, why = "withdrawn"): string => words[why] ?? why;

function NewHome(props: {
  readonly organisations: HomesResponse["organisations"];
  readonly onCode: (request: NewHomeRequest) => Promise<void>;
}) {
  const page = usePage();
  const { people } = page.format.value.words;
  const text = people.homes;
  const label = useSignal("");
  const organisation = useSignal<string | undefined>(undefined);
  async function make(): Promise<void> {
    const name = label.value.trim();
    if (name === "") return;
    const chosen = organisation.value ?? props.organisations[0]?.id ?? "";
    await props.onCode({ label: name, ...(chosen !== "" && { organisation: chosen }) });
    label.value = "";
  }
  return (
    <form
      class="give"
      onSubmit={(event) => {
        event.preventDefault();
        page.handOver(make());
      }}
    >
      <h3>{text.newHome}</h3>
      <label>
        {text.label}
        <input
          type="text"
          name="home-label"
          required
          maxLength={60}
          autocomplete="off"
          value={label.value}
          onInput={(event) => {
            label.value = event.currentTarget.value;
          }}
        />
      </label>
      {props.organisations.length > 0 && (
        <label>
          {text.inName}
          <select
            value={organisation.value ?? props.organisations[0]?.id}
            onChange={(event) => {
              organisation.value = event.currentTarget.value;
            }}
          >
            {props.organisations.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
            <option value="">{text.own}</option>
          </select>
        </label>
      )}
      <button type="submit" class="primary">
        {text.make}
      </button>
    </form>
  );
}
