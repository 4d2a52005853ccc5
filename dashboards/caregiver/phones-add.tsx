import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ChannelView } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import type { PhonesHome } from "./phones.tsx";
import { Access } from "./phones-access.tsx";
import { factsOf } from "./phones-facts.ts";
import { PhoneForm } from "./phones-form.tsx";
import { TryPhone } from "./phones-try.tsx";

/** Where somebody is who adds a phone. */
type Step =
  | { readonly kind: "closed" }
  | { readonly kind: "choosing" }
  | { readonly kind: "entering"; readonly channel: string }
  | { readonly kind: "added"; readonly channel: string; readonly phone: string; readonly label: string };

const CLOSED: Step = { kind: "closed" };
const CHOOSING: Step = { kind: "choosing" };

/** "Add a phone": by which way, what that way needs, what to do on the phone, and a try. */
export function AddPhone(props: { readonly of: PhonesHome }) {
  const { of } = props;
  const { phones } = usePage().format.value.words;
  const step = useSignal<Step>(CLOSED);
  const now = step.value;
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (now.kind === "closed" && wasOpen.current) button.current?.focus();
    wasOpen.current = now.kind !== "closed";
  }, [now.kind]);
  if (now.kind === "closed") {
    return (
      <p class="buttons">
        <button
          type="button"
          class="primary"
          ref={button}
          onClick={() => {
            step.value = CHOOSING;
          }}
        >
          {phones.add}
        </button>
      </p>
    );
  }
  // A way that is gone meanwhile leads back to the choice.
  const module = now.kind === "choosing" ? undefined : of.known.channels.find(({ id }) => id === now.channel);
  return (
    <section class="phone-add" aria-label={phones.add}>
      {module === undefined || now.kind === "choosing" ? (
        <Ways of={of} step={step} />
      ) : now.kind === "entering" ? (
        <Entering of={of} module={module} step={step} />
      ) : (
        <Added of={of} module={module} added={now} step={step} />
      )}
    </section>
  );
}

/** Cards of every way, in the order of the server. */
function Ways(props: { readonly of: PhonesHome; readonly step: Signal<Step> }) {
  const { of, step } = props;
  const format = usePage().format.value;
  const { phones, pages } = format.words;
  const { language } = format;
  return (
    <>
      <Heading text={phones.ways} />
      <ul class="ways">
        {of.known.channels.map((module) => (
          <li key={module.id} class="way" data-way={module.id}>
            <h4>{module.name[language]}</h4>
            <p>{module.summary[language]}</p>
            <ul class="facts">
              {factsOf(module.capabilities, format).map(({ how, text }) => (
                <li key={text} data-how={how}>
                  <span aria-hidden="true">{MARKS[how]} </span>
                  {text}
                </li>
              ))}
            </ul>
            <button
              type="button"
              onClick={() => {
                step.value = { kind: "entering", channel: module.id };
              }}
            >
              {fill(phones.choose, { name: module.name[language] })}
            </button>
          </li>
        ))}
      </ul>
      <p class="buttons">
        <button
          type="button"
          class="quiet"
          onClick={() => {
            step.value = CLOSED;
          }}
        >
          {pages.common.cancel}
        </button>
      </p>
    </>
  );
}

const MARKS = { good: "✓", partly: "!", bad: "✗", plain: "·" } as const;

function Entering(props: {
  readonly of: PhonesHome;
  readonly module: ChannelView;
  readonly step: Signal<Step>;
}) {
  const { of, module, step } = props;
  const format = usePage().format.value;
  const { phones, pages } = format.words;
  return (
    <>
      <Heading text={module.name[format.language]} />
      <Access of={of} module={module} />
      {module.isReady && (
        <PhoneForm
          of={of}
          module={module}
          onAdded={(phone, label) => {
            step.value = { kind: "added", channel: module.id, phone, label };
          }}
        />
      )}
      <p class="buttons">
        <button
          type="button"
          class="quiet"
          onClick={() => {
            step.value = CHOOSING;
          }}
        >
          {phones.otherWay}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            step.value = CLOSED;
          }}
        >
          {pages.common.cancel}
        </button>
      </p>
    </>
  );
}

function Added(props: {
  readonly of: PhonesHome;
  readonly module: ChannelView;
  readonly added: Extract<Step, { kind: "added" }>;
  readonly step: Signal<Step>;
}) {
  const { of, module, added, step } = props;
  const { language, words } = usePage().format.value;
  const { phones } = words;
  return (
    <>
      <Heading text={fill(phones.added, { name: added.label })} />
      {module.steps.length > 0 && (
        <>
          <p>{phones.steps}</p>
          <ol class="phone-steps">
            {module.steps.map((text) => (
              <li key={text.en}>{text[language]}</li>
            ))}
          </ol>
        </>
      )}
      <p>{phones.tryNow}</p>
      <TryPhone of={of} phone={added.phone} isFirst />
      <p class="buttons">
        <button
          type="button"
          onClick={() => {
            step.value = CLOSED;
          }}
        >
          {phones.done}
        </button>
      </p>
    </>
  );
}

/** Gets the focus when it appears: what was pressed is gone. */
function Heading(props: { readonly text: string }) {
  const element = useRef<HTMLHeadingElement>(null);
  useEffect(() => element.current?.focus(), []);
  return (
    <h3 ref={element} tabIndex={-1}>
      {props.text}
    </h3>
  );
}
