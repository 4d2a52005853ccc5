import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type {
  OidcBeginRequest,
  OidcBegunResponse,
  SignInsResponse,
} from "../../src/server/contract/people.ts";
import type { Me } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "./api.ts";
import { Confirm } from "./confirm.tsx";
import { usePage } from "./page.ts";
import { lossOf } from "./phones-loss.ts";
import { TroubleBox } from "./trouble.tsx";

type Oidc = NonNullable<NonNullable<Me["ways"]>["oidc"]>;
type Identity = NonNullable<SignInsResponse["identities"]>[number];

const isBegun = hasKeys<OidcBegunResponse>("url");

/** The buttons of the clinic's own sign-ins below the code, and why the last try did not work. */
export function ClinicSignIn() {
  const page = usePage();
  const text = page.format.value.words.pages.signIn;
  const trouble = useSignal<Trouble | undefined>(undefined);
  const returned = useReturned();
  const oidc = useOidc();
  const shown = trouble.value ?? returned;

  async function signIn(id: string): Promise<void> {
    const asked: OidcBeginRequest = { page: ownPath(), language: page.language.value };
    const answer = await page.api.post(`/api/sign-in/oidc/${id}/begin`, asked, isBegun);
    if (answer.ok) location.assign(answer.value.url);
    else trouble.value = answer.problem;
  }
  return (
    <>
      {shown !== undefined && <TroubleBox trouble={shown} />}
      {oidc?.providers.map(({ id, label }) =>
        oidc.origin === location.origin ? (
          <button key={id} type="button" class="big" onClick={() => page.handOver(signIn(id))}>
            {fill(text.clinic, { label })}
          </button>
        ) : (
          <p key={id} class="small">
            <a href={`${oidc.origin}${ownPath()}`}>{fill(text.clinicElsewhere, { label })}</a>
          </p>
        ),
      )}
    </>
  );
}

/** Who one is at the clinic: seen, linked and taken away on the list of one's sign-ins. */
export function ClinicIdentities(props: {
  readonly identities: readonly Identity[];
  readonly zone: string;
  readonly onRemove: (path: string, isAgreed: boolean) => Promise<void>;
}) {
  const page = usePage();
  const format = page.format.value;
  const text = format.words.pages.technician.signIns;
  const trouble = useSignal<Trouble | undefined>(undefined);
  const oidc = useOidc();
  if (oidc === undefined) return null;
  const free = oidc.providers.filter(({ id }) => !props.identities.some(({ provider }) => provider === id));

  async function link(id: string): Promise<void> {
    const answer = await page.api.post(`/api/me/oidc/${id}/begin`, { page: ownPath() }, isBegun);
    if (answer.ok) location.assign(answer.value.url);
    else trouble.value = answer.problem;
  }
  return (
    <>
      <h3>{text.identities}</h3>
      <p class="small">{text.identitiesHint}</p>
      <ul class="identities">
        {props.identities.map(({ provider, label, linkedAt, only }) => (
          <li key={provider}>
            <strong>{label}</strong> <span class="small">{format.dateTime(linkedAt, props.zone)}</span>{" "}
            {only ? (
              <span class="small">{text.onlyIdentity}</span>
            ) : (
              <Confirm
                label={text.removeIdentity}
                title={fill(text.identityTitle, { label })}
                text={text.endText}
                onlyCautioned
                before={() => lossOf(page, `/api/me/oidc/${provider}`)}
                onSure={(isAgreed) => props.onRemove(`/api/me/oidc/${provider}`, isAgreed)}
              />
            )}
          </li>
        ))}
      </ul>
      {oidc.origin === location.origin &&
        free.map(({ id, label }) => (
          <button key={id} type="button" onClick={() => page.handOver(link(id))}>
            {fill(text.linkIdentity, { label })}
          </button>
        ))}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </>
  );
}

/** Why one came back from the clinic's sign-in without what one went for; undefined: nothing of that. */
export function useReturned(): Trouble | undefined {
  const trouble = useSignal<Trouble | undefined>(undefined);
  useEffect(() => {
    const code = /^#oidc=([A-Z_]{4,40})$/.exec(location.hash)?.[1];
    if (code === undefined) return;
    history.replaceState(null, "", location.pathname + location.search);
    const problem = { type: "", title: "", status: 403, detail: code, code, instance: "" };
    trouble.value = { kind: "refused", problem };
  }, []);
  return trouble.value;
}

function useOidc(): Oidc | undefined {
  const who = usePage().who.value;
  return who.kind === "known" ? who.me.ways?.oidc : undefined;
}

/** The path of this page as the server knows it. */
const ownPath = (): string => location.pathname.replace(/(?<=.)\/$/, "");
