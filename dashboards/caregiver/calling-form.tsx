import { useSignal } from "@preact/signals";
import type { ConditionId } from "../../src/domain/alarm.ts";
import {
  type CallRule,
  TURNS,
  type Turn,
  WAY_WAITS,
  type WayRule,
  type WayWait,
} from "../../src/domain/calling.ts";
import { BACKSTOPS_MAX } from "../../src/domain/duty.ts";
import type { PersonId } from "../../src/domain/ids.ts";
import type { CalledPhone, CallingResponse, SetCallingRequest } from "../../src/server/contract/calling.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { isCalling } from "./calling-heard.ts";

interface Draft {
  readonly rules: readonly CallRule[];
  readonly backstops: readonly ConditionId[];
  readonly version: number;
}

/** What each person has chosen, and which alarms are for everybody; nothing counts before it is saved. */
export function CallingForm(props: {
  readonly view: CallingResponse;
  readonly path: string;
  readonly onSaved: () => void;
}) {
  const { view, path } = props;
  const page = usePage();
  const format = page.format.value;
  const words = format.words.notes.calling;
  const draft = useSignal<Draft | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const busy = useSignal(false);
  const { rules, backstops, version } = draft.value ?? view;
  const change = (next: Partial<Draft>): void => {
    draft.value = { rules, backstops, version, ...next };
  };
  const save = async (): Promise<void> => {
    const body: SetCallingRequest = { rules, backstops };
    busy.value = true;
    const answer = await page.api.change("PUT", path, body, version, isCalling);
    busy.value = false;
    trouble.value = answer.ok ? undefined : answer.problem;
    if (!answer.ok) return;
    draft.value = undefined;
    props.onSaved();
  };
  return (
    <details class="calling-form">
      <summary>{words.edit}</summary>
      <p class="small">{words.duty}</p>
      {view.people.map(({ id, name }) => (
        <Person
          key={id}
          name={name}
          rule={rules.find(({ person }) => person === id) ?? { person: id }}
          phones={view.phones.filter(({ person, rings }) => person === id && rings !== "machine")}
          onChange={(rule) => change({ rules: withRule(rules, rule) })}
        />
      ))}
      {view.choices.length > 0 && (
        <details class="calling-backstops">
          <summary>
            {words.backstops}
            {backstops.length > 0 && `: ${format.list(backstops.map((each) => format.conditionTitle(each)))}`}
          </summary>
          {view.choices.map((each) => {
            const isOne = backstops.includes(each);
            return (
              <label key={each} class="check">
                <input
                  type="checkbox"
                  checked={isOne}
                  disabled={!isOne && backstops.length >= BACKSTOPS_MAX}
                  onChange={() =>
                    change({
                      backstops: isOne ? backstops.filter((one) => one !== each) : [...backstops, each],
                    })
                  }
                />
                {format.conditionTitle(each)}
              </label>
            );
          })}
          <p class="small">{fill(words.backstopsHint, { count: BACKSTOPS_MAX })}</p>
        </details>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {draft.value !== undefined && (
        <p class="buttons">
          <button type="button" class="primary" disabled={busy.value} onClick={() => page.handOver(save())}>
            {words.save}
          </button>
          <button
            type="button"
            onClick={() => {
              draft.value = undefined;
              trouble.value = undefined;
            }}
          >
            {format.words.pages.common.cancel}
          </button>
          <output class="unsaved">{format.words.notes.duty.unsaved}</output>
        </p>
      )}
    </details>
  );
}

function Person(props: {
  readonly name: string;
  readonly rule: CallRule;
  readonly phones: readonly CalledPhone[];
  readonly onChange: (rule: CallRule) => void;
}) {
  const { name, rule, phones, onChange } = props;
  const words = usePage().format.value.words.notes.calling;
  const { person, ways = [] } = rule;
  const put = (turn: Turn | undefined, next: readonly WayRule[]): void =>
    onChange({
      person,
      ...(turn === undefined ? {} : { turn }),
      ...(next.length === 0 ? {} : { ways: next }),
    });
  return (
    <div class="calling-person">
      <label>
        <span>{fill(words.turnOf, { name })}</span>
        <select
          value={rule.turn ?? "usual"}
          onChange={(event) => {
            const { value } = event.currentTarget;
            put(
              TURNS.find((turn) => turn === value),
              ways,
            );
          }}
        >
          {(["usual", ...TURNS] as const).map((turn) => (
            <option key={turn} value={turn}>
              {words.turns[turn]}
            </option>
          ))}
        </select>
      </label>
      {phones.length > 1 &&
        phones.map((phone) => (
          <Way key={phone.id} phone={phone} ways={ways} onChange={(next) => put(rule.turn, next)} />
        ))}
    </div>
  );
}

/** When one of several phones of a person rings, apart for urgent alarms and for warnings. */
function Way(props: {
  readonly phone: CalledPhone;
  readonly ways: readonly WayRule[];
  readonly onChange: (ways: readonly WayRule[]) => void;
}) {
  const { phone, ways, onChange } = props;
  const words = usePage().format.value.words.notes.calling;
  const usual: WayWait = phone.rings === "call" ? 1 : 0;
  const way = ways.find(({ target }) => target === phone.id) ?? {
    target: phone.id,
    important: usual,
    usual,
  };
  return (
    <div class="calling-way">
      {(["important", "usual"] as const).map((what) => (
        <label key={what}>
          <span>{fill(words.waitOf, { name: phone.label, what: words[what] })}</span>
          <select
            value={way[what]}
            onChange={(event) => {
              const wait = WAY_WAITS.find((one) => one === Number(event.currentTarget.value)) ?? 0;
              onChange([...ways.filter(({ target }) => target !== phone.id), { ...way, [what]: wait }]);
            }}
          >
            {WAY_WAITS.map((wait) => (
              <option key={wait} value={wait}>
                {words.waits[wait]}
              </option>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
}

/** A rule that says nothing is none. */
function withRule(rules: readonly CallRule[], rule: CallRule): readonly CallRule[] {
  const others = rules.filter(({ person }: { readonly person: PersonId }) => person !== rule.person);
  return rule.turn === undefined && rule.ways === undefined ? others : [...others, rule];
}
