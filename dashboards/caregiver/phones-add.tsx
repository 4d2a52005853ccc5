import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { PhoneOffer } from "../../src/domain/phone-plan.ts";
import type { ChannelView } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import type { PhonesHome } from "./phones.tsx";
import { Access } from "./phones-access.tsx";
import { answerFacts, factsOf } from "./phones-facts.ts";
import { PhoneForm } from "./phones-form.tsx";
import { OfferFacts, type PhoneAsked, PhoneQuestions, planFor, settingSteps } from "./phones-plan.tsx";
import { TryPhone } from "./phones-try.tsx";

/** Where somebody is who adds a phone. */
type Step =
  | { readonly kind: "closed" }
  | { readonly kind: "asking" }
  | { readonly kind: "choosing" }
  | { readonly kind: "entering"; readonly channel: string }
  | { readonly kind: "added"; readonly channel: string; readonly phone: string; readonly label: string };

const CLOSED: Step = { kind: "closed" };
const ASKING: Step = { kind: "asking" };
const CHOOSING: Step = { kind: "choosing" };

/** "Add a phone": by which way, what that way needs, what to do on the phone, and a try. */
export function AddPhone(props: { readonly of: PhonesHome }) {
  const { of } = props;
  const { phones } = usePage().format.value.words;
  const step = useSignal<Step>(CLOSED);
  const asked = useSignal<PhoneAsked | undefined>(undefined);
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
            step.value = ASKING;
          }}
        >
          {phones.add}
        </button>
      </p>
    );
  }
  // A way that is gone meanwhile leads back to the choice.
  const isBefore = now.kind === "choosing" || now.kind === "asking";
  const module = isBefore ? undefined : of.known.channels.find(({ id }) => id === now.channel);
  return (
    <section class="phone-add" aria-label={phones.add}>
      {now.kind === "asking" || asked.value === undefined ? (
        <Asking of={of} step={step} asked={asked} />
      ) : isBefore || module === undefined ? (
        <Ways of={of} step={step} asked={asked.value} />
      ) : now.kind === "entering" ? (
        <Entering of={of} module={module} step={step} />
      ) : (
        <Added of={of} module={module} added={now} step={step} asked={asked.value} />
      )}
    </section>
  );
}

function Asking(props: {
  readonly of: PhonesHome;
  readonly step: Signal<Step>;
  readonly asked: Signal<PhoneAsked | undefined>;
}) {
  const { of, step, asked } = props;
  const { plan, pages } = usePage().format.value.words;
  return (
    <>
      <Heading text={plan.first} />
      <PhoneQuestions
        of={of}
        asked={asked}
        onAsked={() => {
          step.value = CHOOSING;
        }}
      />
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

/** What wakes this phone there, the best first, or a plain warning; everything else folded. */
function Ways(props: { readonly of: PhonesHome; readonly step: Signal<Step>; readonly asked: PhoneAsked }) {
  const { of, step, asked } = props;
  const format = usePage().format.value;
  const { plan, pages } = format.words;
  const { offers, others, warning } = planFor(of, asked);
  const moduleOf = (id: string) => of.known.channels.find((each) => each.id === id);
  return (
    <>
      <Heading text={plan.offers} />
      <p class="small">
        {plan.kinds[asked.phone]} · {plan.countries[asked.country]}{" "}
        <button
          type="button"
          class="quiet"
          onClick={() => {
            step.value = ASKING;
          }}
        >
          {plan.change}
        </button>
      </p>
      {warning !== undefined && (
        <p class="problem phone-warning" role="alert" data-warning={warning}>
          {plan.warning[warning]}
        </p>
      )}
      <ul class="ways ways-offered">
        {offers.map((offer) => {
          const module = moduleOf(offer.way);
          return module && <Way key={offer.way} module={module} offer={offer} step={step} />;
        })}
      </ul>
      {others.length > 0 && (
        <details class="ways-other">
          <summary>{fill(plan.others, { count: others.length })}</summary>
          <p class="small">{plan.othersHint}</p>
          <ul class="ways">
            {others.map((id) => {
              const module = moduleOf(id);
              return module && <Way key={id} module={module} step={step} />;
            })}
          </ul>
        </details>
      )}
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

/** One way: what it does, why it is offered here, or else what it can do at all. */
function Way(props: {
  readonly module: ChannelView;
  readonly offer?: PhoneOffer;
  readonly step: Signal<Step>;
}) {
  const { module, offer, step } = props;
  const format = usePage().format.value;
  const { language } = format;
  return (
    <li class="way" data-way={module.id}>
      <h4>{module.name[language]}</h4>
      <p>{module.summary[language]}</p>
      {offer !== undefined && <OfferFacts offer={offer} />}
      <ul class="facts">
        {(offer === undefined
          ? factsOf(module.capabilities, format)
          : answerFacts(module.capabilities, format)
        ).map(({ how, text }) => (
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
        {fill(format.words.phones.choose, { name: module.name[language] })}
      </button>
    </li>
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
  readonly asked: PhoneAsked;
}) {
  const { of, module, added, step } = props;
  const format = usePage().format.value;
  const { language } = format;
  const { phones, plan } = format.words;
  const settings = settingSteps(format, module, of, props.asked);
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
      {settings.length > 0 && (
        <>
          <p>{plan.settings}</p>
          <ol class="phone-settings">
            {settings.map((text) => (
              <li key={text}>{text}</li>
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
