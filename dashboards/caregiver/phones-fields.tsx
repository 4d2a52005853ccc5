import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ChannelView } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";

export type Field = ChannelView["access"][number];
export type Values = { readonly [name: string]: string };

/** A field with what is wrong with it. */
export interface FieldProblem {
  readonly name: string;
  /** The server's own sentence; absent: the page found it. */
  readonly detail?: string;
}

/** The field that a refusal names; undefined: it is about something else. */
export function problemOf(trouble: Trouble, fields: readonly Field[]): FieldProblem | undefined {
  if (trouble.kind !== "refused" || trouble.problem.code !== "INPUT_INVALID") return undefined;
  const { detail } = trouble.problem;
  const field = fields.find(({ name }) => detail.startsWith(`${name} `));
  return field === undefined ? undefined : { name: field.name, detail };
}

/** What a form begins with: what is entered, and choices as they would be. */
export function startOf(fields: readonly Field[], entered: Values = {}): Values {
  return Object.fromEntries(
    fields.map(({ name, kind, fallback }) => [
      name,
      entered[name] ?? (kind === "choice" ? (fallback ?? "") : ""),
    ]),
  );
}

/** A form's fields, made from what a way says that it needs. */
export function Fields(props: {
  /** Begins the ids of this form's elements. */
  readonly id: string;
  readonly fields: readonly Field[];
  readonly values: Signal<Values>;
  readonly problem: FieldProblem | undefined;
  /** Secrets were entered before, and stay where nothing is written. */
  readonly isKept?: boolean;
}) {
  const { fields, values, problem, id } = props;
  const { phones } = usePage().format.value.words;
  return (
    <>
      {fields.map((field) => (
        <FieldInput
          key={field.name}
          id={`${id}-${field.name}`}
          field={field}
          value={values.value[field.name] ?? ""}
          problem={problem?.name === field.name ? problem : undefined}
          hint={props.isKept === true && field.kind === "secret" ? phones.kept : undefined}
          onValue={(value) => {
            values.value = { ...values.value, [field.name]: value };
          }}
        />
      ))}
    </>
  );
}

/** One field with its help, and what is wrong with it; a wrong one gets the focus. */
export function FieldInput(props: {
  readonly id: string;
  readonly field: Field;
  readonly value: string;
  readonly problem: FieldProblem | undefined;
  readonly hint?: string | undefined;
  readonly onValue: (value: string) => void;
}) {
  const { id, field, value, problem } = props;
  const { language, words } = usePage().format.value;
  const { phones } = words;
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problem !== undefined) element.current?.querySelector<HTMLElement>("input, select")?.focus();
  }, [problem]);
  const label = field.label[language];
  const described = `${id}-help${problem === undefined ? "" : ` ${id}-wrong`}`;
  const shared = {
    ...{ id, name: field.name, value, "aria-describedby": described },
    ...{ "aria-invalid": problem !== undefined, "aria-required": field.required },
  };
  return (
    <div class="field" ref={element} data-field={field.name}>
      <label for={id}>{field.required ? label : fill(phones.optional, { name: label })}</label>
      {field.kind === "choice" ? (
        <select {...shared} onChange={(event) => props.onValue(event.currentTarget.value)}>
          {field.fallback === undefined && <option value="">{phones.pick}</option>}
          {field.choices?.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label[language]}
            </option>
          ))}
        </select>
      ) : field.kind === "secret" ? (
        <input
          {...shared}
          type="password"
          autocomplete="new-password"
          maxLength={LENGTH_MAX}
          onInput={(event) => props.onValue(event.currentTarget.value)}
        />
      ) : (
        <input
          {...shared}
          type="text"
          inputMode={KEYBOARDS[field.kind]}
          placeholder={field.fallback}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={LENGTH_MAX}
          onInput={(event) => props.onValue(event.currentTarget.value)}
        />
      )}
      <p class="small" id={`${id}-help`}>
        {field.help[language]}
        {props.hint !== undefined && <strong> {props.hint}</strong>}
      </p>
      {problem !== undefined && (
        <p class="problem" role="alert" id={`${id}-wrong`}>
          {value.trim() === "" ? phones.wrong.missing : phones.wrong[field.kind]}
          {problem.detail !== undefined && <span class="small detail">{problem.detail}</span>}
        </p>
      )}
    </div>
  );
}

const KEYBOARDS = { text: "text", address: "url", phone: "tel" } as const;

/** More than any field takes: what is too long is to be refused in words, not cut in silence. */
const LENGTH_MAX = 4_096;
