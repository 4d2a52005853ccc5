import { useSignal } from "@preact/signals";
import { ROLES } from "../../src/domain/person.ts";
import type { JoinCodeRequest, JoinCodeResponse } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { elapsedMs, type Moment, momentOf } from "../shared/clock.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";

type JoinRole = JoinCodeRequest["role"];

const JOIN_ROLES: readonly JoinRole[] = ROLES.filter((role) => role !== "owner");
const isJoinCode = hasKeys<JoinCodeResponse>("code", "expiresInMs");

/** The owner lets one more person in: a code for one role, good for ten minutes, and the address that carries it. */
export function JoinCodes() {
  const page = usePage();
  const format = page.format.value;
  const { technician } = format.words.pages;
  const role = useSignal<JoinRole>("caregiver");
  const made = useSignal<
    { readonly code: JoinCodeResponse; readonly role: JoinRole; readonly at: Moment } | undefined
  >(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);

  async function make(): Promise<void> {
    const request: JoinCodeRequest = { role: role.value };
    const answer = await page.api.post("/api/people/join-codes", request, isJoinCode);
    trouble.value = answer.ok ? undefined : answer.problem;
    made.value = answer.ok ? { code: answer.value, role: request.role, at: momentOf(page.clock) } : undefined;
  }

  page.everySecond();
  const leftMs =
    made.value === undefined ? 0 : made.value.code.expiresInMs - elapsedMs(page.clock, made.value.at);
  const roleName = (of: JoinRole) => format.words.terms.roles[of];
  return (
    <section class="card" aria-label={technician.people}>
      <h2>{technician.people}</h2>
      <p class="small">{technician.peopleHint}</p>
      <div class="toolbar">
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
              <p class="small">
                <code>{`${location.origin}/#code=${made.value.code.code}`}</code>
              </p>
            </>
          )}
        </output>
      )}
    </section>
  );
}
