import { useSignal } from "@preact/signals";
import { ownBed } from "../../src/domain/ids.ts";
import { DAY_MS } from "../../src/domain/time.ts";
import type {
  MakeShareRequest,
  ShareMadeResponse,
  SharesResponse,
} from "../../src/server/contract/people.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "./api.ts";
import { type Asked, useAsked } from "./asked.ts";
import { Confirm } from "./confirm.tsx";
import { LinkOut } from "./link-out.tsx";
import { usePage } from "./page.ts";
import { TroubleBox } from "./trouble.tsx";

const isShares = hasKeys<SharesResponse>("shares");
const isMade = hasKeys<ShareMadeResponse>("id", "path", "expiresAt");
const SCOPES = ["nights", "live"] as const;
const DAYS = [1, 3, 7, 14, 30, 90] as const;

/** Links that show one bed to whoever holds them: made, with their uses, and ended. */
export function Shares(props: {
  readonly home: string;
  readonly beds: readonly BedState[];
  readonly zone: string;
}) {
  const page = usePage();
  const format = page.format.value;
  const text = format.words.people.shares;
  const path = `/api/homes/${encodeURIComponent(props.home)}/shares`;
  const asked = useAsked(path, isShares);
  const known = asked.value.value;
  return (
    <section class="shares" aria-label={text.title}>
      <h3>{text.title}</h3>
      <p class="small">{text.hint}</p>
      {asked.trouble.value !== undefined && <TroubleBox trouble={asked.trouble.value} />}
      {known === undefined && asked.trouble.value === undefined && (
        <p class="waiting">{format.words.pages.common.waiting}</p>
      )}
      {known?.shares.length === 0 && <p class="empty">{text.none}</p>}
      <ul class="looking-in">
        {known?.shares.map((share) => (
          <li key={share.id} data-share={share.id}>
            <p>
              {fill(text.line, {
                name: share.label,
                what: text.scopes[share.scope],
                time: format.dateTime(share.expiresAt, props.zone),
              })}
              <span class="small">
                {" · "}
                {share.usedAt === undefined
                  ? text.unused
                  : fill(text.used, {
                      count: share.uses,
                      time: format.dateTime(share.usedAt, props.zone),
                    })}
              </span>
            </p>
            <Confirm
              label={text.end}
              title={fill(text.endTitle, { name: share.label })}
              text={text.endText}
              onSure={async () => {
                await asked.changed(await page.api.remove(`${path}/${encodeURIComponent(share.id)}`));
              }}
            />
          </li>
        ))}
      </ul>
      <Make path={path} asked={asked} beds={props.beds} zone={props.zone} />
    </section>
  );
}

function Make(props: {
  readonly path: string;
  readonly asked: Asked<SharesResponse>;
  readonly beds: readonly BedState[];
  readonly zone: string;
}) {
  const page = usePage();
  const format = page.format.value;
  const { people, pages } = format.words;
  const text = people.shares;
  const bed = useSignal<string | undefined>(undefined);
  const scope = useSignal<MakeShareRequest["scope"]>("nights");
  const label = useSignal("");
  const days = useSignal<number>(7);
  const missing = useSignal(false);
  const made = useSignal<{ readonly name: string; readonly share: ShareMadeResponse } | undefined>(undefined);
  const chosen = props.beds.find((each) => each.bed === bed.value) ?? props.beds[0];
  if (chosen === undefined) return null;
  async function make(of: BedState): Promise<void> {
    const name = label.value.trim();
    missing.value = name === "";
    if (missing.value) return;
    const forMs = days.value * DAY_MS;
    const request: MakeShareRequest = { bed: ownBed(of.bed), scope: scope.value, label: name, forMs };
    const answer = await page.api.post(props.path, request, isMade);
    made.value = answer.ok ? { name, share: answer.value } : undefined;
    if (await props.asked.changed(answer)) label.value = "";
  }
  return (
    <form
      class="give"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        page.handOver(make(chosen));
      }}
    >
      {props.beds.length > 1 && (
        <label>
          {pages.common.bed}
          <select
            value={chosen.bed}
            onChange={(event) => {
              bed.value = event.currentTarget.value;
            }}
          >
            {props.beds.map((each) => (
              <option key={each.bed} value={each.bed}>
                {each.label}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        {text.label}
        <input
          type="text"
          name="label"
          maxLength={60}
          autocomplete="off"
          value={label.value}
          onInput={(event) => {
            label.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        {text.what}
        <select
          name="scope"
          value={scope.value}
          onChange={(event) => {
            scope.value = event.currentTarget.value === "live" ? "live" : "nights";
          }}
        >
          {SCOPES.map((each) => (
            <option key={each} value={each}>
              {text.scopes[each]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {text.days}
        <select
          name="days"
          value={days.value}
          onChange={(event) => {
            days.value = Number(event.currentTarget.value);
          }}
        >
          {DAYS.map((count) => (
            <option key={count} value={count}>
              {fill(text.count, { count })}
            </option>
          ))}
        </select>
      </label>
      {missing.value && (
        <p class="problem" role="alert">
          {text.noLabel}
        </p>
      )}
      <button type="submit" class="primary">
        {text.make}
      </button>
      {made.value !== undefined && (
        <output class="made">
          <p>
            {fill(text.made, {
              name: made.value.name,
              time: format.dateTime(made.value.share.expiresAt, props.zone),
            })}
          </p>
          <LinkOut link={`${location.origin}${made.value.share.path}`} what={made.value.name} />
        </output>
      )}
    </form>
  );
}
