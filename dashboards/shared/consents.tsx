import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ConsentsResponse, GiveConsentRequest } from "../../src/server/contract/people.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "./api.ts";
import { type Asked, useAsked } from "./asked.ts";
import { Confirm } from "./confirm.tsx";
import { usePage } from "./page.ts";
import { TroubleBox } from "./trouble.tsx";

type Consent = ConsentsResponse["consents"][number];
type GivenRole = GiveConsentRequest["roles"][number];

export const isConsents = hasKeys<ConsentsResponse>("consents", "organisations");
/** The organisation that set the home's box up and waits to be let in, by its name. */
export const askingIn = (known: ConsentsResponse | undefined): string | undefined =>
  known?.organisations.find(({ id }) => id === known.asks)?.name;
export const consentsOf = (home: string): string => `/api/homes/${encodeURIComponent(home)}/consents`;
const ROLES: readonly GivenRole[] = ["therapist", "technician"];

/** Which organisations a home lets in, since when and by whom; the owner and the patient give and end it. */
export function Consents(props: {
  readonly home: string;
  readonly zone: string;
  readonly mayChange: boolean;
  /** Who asks to be let in, whenever that became known. */
  readonly onAsking: (name: string | undefined) => void;
}) {
  const page = usePage();
  const { words } = page.format.value;
  const text = words.people.consents;
  const path = consentsOf(props.home);
  const asked = useAsked(path, isConsents);
  const known = asked.value.value;
  const asking = askingIn(known);
  useEffect(() => {
    if (known !== undefined) props.onAsking(asking);
  }, [known]);
  const standing = known?.consents.filter(({ ended }) => ended === undefined) ?? [];
  return (
    <section class="consents" aria-label={text.title}>
      <h3>{text.title}</h3>
      <p class="small">{text.hint}</p>
      {asked.trouble.value !== undefined && <TroubleBox trouble={asked.trouble.value} />}
      {known === undefined && asked.trouble.value === undefined && (
        <p class="waiting">{words.pages.common.waiting}</p>
      )}
      {asking !== undefined && <p class="asking">{fill(text.asks, { name: asking })}</p>}
      {known !== undefined && standing.length === 0 && <p class="empty">{text.none}</p>}
      <ul class="looking-in">
        {known?.consents.map((consent) => (
          <li key={consent.id} data-consent={consent.id}>
            <One consent={consent} zone={props.zone} />
            {consent.ended === undefined && props.mayChange && (
              <Confirm
                label={text.end}
                title={fill(text.endTitle, { name: consent.name })}
                text={text.endText}
                onSure={async () => {
                  await asked.changed(await page.api.remove(`${path}/${encodeURIComponent(consent.id)}`));
                }}
              />
            )}
          </li>
        ))}
      </ul>
      {known !== undefined && props.mayChange && <Give path={path} asked={asked} known={known} />}
    </section>
  );
}

function One(props: { readonly consent: Consent; readonly zone: string }) {
  const format = usePage().format.value;
  const { people, terms } = format.words;
  const text = people.consents;
  const { name, roles, given, ended } = props.consent;
  const roleNames = Object.entries(terms.roles)
    .filter(([role]) => roles.includes(role))
    .map(([, roleName]) => roleName);
  // The one name that the hub writes itself, for a consent that came with a box's code.
  const giver = given.name === "claim code" ? text.byCode : given.name;
  const time = format.dateTime(given.at, props.zone);
  if (ended !== undefined) {
    return (
      <p class="small">
        {fill(text.ended, { name, time: format.dateTime(ended.at, props.zone) })}
        {` · ${fill(text.endedBy, { name: ended.name })}`}
      </p>
    );
  }
  return (
    <p>
      <strong>{fill(text.stands, { name })}</strong>
      <span class="small">
        {` · ${fill(text.roles, { list: format.list(roleNames) })} · ${fill(text.given, { name: giver, time })}`}
      </span>
    </p>
  );
}

function Give(props: {
  readonly path: string;
  readonly asked: Asked<ConsentsResponse>;
  readonly known: ConsentsResponse;
}) {
  const page = usePage();
  const { people, terms } = page.format.value.words;
  const text = people.consents;
  const { consents, organisations } = props.known;
  const standing = new Set(
    consents.filter(({ ended }) => ended === undefined).map((one) => one.organisation),
  );
  const open = organisations.filter(({ id }) => !standing.has(id));
  const chosen = useSignal<string | undefined>(undefined);
  const roles = useSignal<readonly GivenRole[]>(ROLES);
  const missing = useSignal(false);
  const organisation = open.find(({ id }) => id === (chosen.value ?? props.known.asks)) ?? open[0];
  if (organisation === undefined) {
    return <p class="small">{organisations.length === 0 ? text.noneKnown : text.allIn}</p>;
  }
  async function give(id: string): Promise<void> {
    missing.value = roles.value.length === 0;
    if (missing.value) return;
    const request: GiveConsentRequest = { organisation: id, roles: roles.value };
    await props.asked.changed(await page.api.tell(props.path, request));
  }
  return (
    <form
      class="give"
      onSubmit={(event) => {
        event.preventDefault();
        page.handOver(give(organisation.id));
      }}
    >
      <label>
        {text.pick}
        <select
          value={organisation.id}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
          }}
        >
          {open.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <fieldset>
        <legend>{text.pickRoles}</legend>
        {ROLES.map((role) => (
          <label key={role} class="check">
            <input
              type="checkbox"
              checked={roles.value.includes(role)}
              onChange={(event) => {
                const { checked } = event.currentTarget;
                roles.value = ROLES.filter((each) => (each === role ? checked : roles.value.includes(each)));
              }}
            />
            {terms.roles[role]}
          </label>
        ))}
      </fieldset>
      {missing.value && (
        <p class="problem" role="alert">
          {text.noRoles}
        </p>
      )}
      <button type="submit" class="primary">
        {text.give}
      </button>
    </form>
  );
}
