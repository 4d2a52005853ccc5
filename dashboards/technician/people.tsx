import { useSignal } from "@preact/signals";
import { splitBed } from "../../src/domain/ids.ts";
import { ROLES } from "../../src/domain/person.ts";
import type { JoinCodeRequest, JoinCodeResponse } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { elapsedMs, type Moment, momentOf } from "../shared/clock.ts";
import { LinkOut } from "../shared/link-out.tsx";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";

type JoinRole = JoinCodeRequest["role"];

const JOIN_ROLES: readonly JoinRole[] = ROLES.filter((role) => role !== "owner");
const isJoinCode = hasKeys<JoinCodeResponse>("code", "expiresInMs");

/** The page that somebody of this role opens first. */
const PATHS: { readonly [role in JoinRole]: string } = {
  caregiver: "/",
  patient: "/patient",
  therapist: "/therapist",
  technician: "/technician",
};

/**
 * The owner lets one more person in: a code for one role, good for ten minutes, and the address that carries it, also
 * as a QR code for the other phone.
 */
export function JoinCodes(props: { readonly homes: readonly string[] }) {
  const page = usePage();
  const format = page.format.value;
  const { technician } = format.words.pages;
  const role = useSignal<JoinRole>("caregiver");
  const chosen = useSignal<string | undefined>(undefined);
  const home = props.homes.find((each) => each === chosen.value) ?? props.homes[0];
  const made = useSignal<
    { readonly code: JoinCodeResponse; readonly role: JoinRole; readonly at: Moment } | undefined
  >(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);

  async function make(): Promise<void> {
    const request: JoinCodeRequest = { role: role.value, ...(home !== undefined && { home }) };
    const answer = await page.api.post("/api/people/join-codes", request, isJoinCode);
    trouble.value = answer.ok ? undefined : answer.problem;
    made.value = answer.ok ? { code: answer.value, role: request.role, at: momentOf(page.clock) } : undefined;
  }

  page.everySecond();
  const leftMs =
    made.value === undefined ? 0 : made.value.code.expiresInMs - elapsedMs(page.clock, made.value.at);
  const beds = page.heard.value?.beds ?? [];
  const homeName = (of: string) =>
    format.list(beds.filter(({ bed }) => splitBed(bed)?.home === of).map(({ label }) => label)) || of;
  const roleName = (of: JoinRole) => format.words.terms.roles[of];
  return (
    <section class="card" aria-label={technician.people}>
      <h2>{technician.people}</h2>
      <p class="small">{technician.peopleHint}</p>
      <div class="toolbar">
        {props.homes.length > 1 && (
          <label class="field">
            {technician.members.title}
            <select
              value={home}
              onChange={(event) => {
                chosen.value = event.currentTarget.value;
              }}
            >
              {props.homes.map((each) => (
                <option key={each} value={each}>
                  {homeName(each)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label class="field">
          {technician.role}
          <select
            value={role.value}
            onChange={(event) => {
              const { value } = event.currentTarget;
              role.value = JOIN_ROLES.find((each) => each === value) ?? role.value;
            }}
          >
            {JOIN_ROLES.map((each) => (
              <option key={each} value={each}>
                {roleName(each)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="primary" onClick={() => page.handOver(make())}>
          {technician.makeCode}
        </button>
      </div>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {made.value !== undefined && (
        <output class="join-code">
          {leftMs <= 0 ? (
            <p>{technician.codeGone}</p>
          ) : (
            <>
              <p>{fill(technician.codeFor, { what: roleName(made.value.role), age: format.age(leftMs) })}</p>
              <p class="code">{made.value.code.code}</p>
              <p class="small">{format.words.people.scan}</p>
              <LinkOut
                link={`${location.origin}${PATHS[made.value.role]}#code=${made.value.code.code}`}
                what={made.value.code.code}
              />
            </>
          )}
        </output>
      )}
    </section>
  );
}
