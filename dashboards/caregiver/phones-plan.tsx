import { type Signal, useSignal } from "@preact/signals";
import {
  COUNTRIES,
  type Country,
  isCountry,
  isPhoneKind,
  PHONE_KINDS,
  type PhoneKind,
  type PhoneOffer,
  type PhonePlan,
  planPhone,
} from "../../src/domain/phone-plan.ts";
import type { ChannelView } from "../../src/server/contract/channels.ts";
import type { Trouble } from "../shared/api.ts";
import { type Format, lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { PhonesHome } from "./phones.tsx";

/** What was answered to the two questions. */
export interface PhoneAsked {
  readonly country: Country;
  readonly phone: PhoneKind;
  readonly offline: boolean;
}

/** The ways as they are for this phone there. */
export function planFor({ known }: PhonesHome, asked: PhoneAsked): PhonePlan {
  const haveModem = known.channels.some(
    ({ place, isReady, capabilities }) => place === "house" && capabilities.sounds === "call" && isReady,
  );
  return planPhone(known.channels, { ...asked, haveModem });
}

/** "Where is the home?" (remembered for it) and "What kind of phone is it?" */
export function PhoneQuestions(props: {
  readonly of: PhonesHome;
  readonly asked: Signal<PhoneAsked | undefined>;
  readonly onAsked: () => void;
}) {
  const { of, asked } = props;
  const page = usePage();
  const { plan, phones } = page.format.value.words;
  const before = asked.value;
  const country = useSignal<Country | undefined>(before?.country ?? of.known.where?.country);
  const phone = useSignal<PhoneKind | undefined>(before?.phone);
  const offline = useSignal(before?.offline ?? of.known.where?.offline ?? false);
  const trouble = useSignal<Trouble | undefined>(undefined);
  async function show(): Promise<void> {
    const [where, kind] = [country.value, phone.value];
    if (where === undefined || kind === undefined) return;
    const known = of.known.where;
    if (known?.country !== where || known.offline !== offline.value) {
      const answer = await page.api.put(`${of.path}/phones-where`, {
        country: where,
        offline: offline.value,
      });
      trouble.value = answer.ok ? undefined : answer.problem;
      if (!answer.ok) return;
      await of.asked.ask();
    }
    asked.value = { country: where, phone: kind, offline: offline.value };
    props.onAsked();
  }
  return (
    <form
      class="phone-form"
      onSubmit={(event) => {
        event.preventDefault();
        page.handOver(show());
      }}
    >
      <label class="field">
        {plan.country}
        <select
          name="country"
          required
          value={country.value ?? ""}
          onChange={(event) => {
            const { value } = event.currentTarget;
            country.value = isCountry(value) ? value : undefined;
          }}
        >
          <option value="">{phones.pick}</option>
          {COUNTRIES.map((each) => (
            <option key={each} value={each}>
              {plan.countries[each]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {plan.phone}
        <select
          name="kind"
          required
          value={phone.value ?? ""}
          onChange={(event) => {
            const { value } = event.currentTarget;
            phone.value = isPhoneKind(value) ? value : undefined;
          }}
        >
          <option value="">{phones.pick}</option>
          {PHONE_KINDS.map((each) => (
            <option key={each} value={each}>
              {plan.kinds[each]}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          name="offline"
          checked={offline.value}
          onChange={(event) => {
            offline.value = event.currentTarget.checked;
          }}
        />
        {plan.offline}
      </label>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <div class="buttons">
        <button type="submit" class="primary">
          {plan.show}
        </button>
      </div>
    </form>
  );
}

/** Why a way is offered, in words: what it wakes, how, and what is missing for it. */
export function OfferFacts(props: { readonly offer: PhoneOffer }) {
  const { offer } = props;
  const { plan } = usePage().format.value.words;
  return (
    <ul class="facts offer-facts">
      <li data-how={offer.wakes === "yes" ? "good" : "partly"}>
        <span aria-hidden="true">{offer.wakes === "yes" ? "✓" : "!"} </span>
        {plan.wakes[offer.wakes]}
      </li>
      <li data-how="plain">
        <span aria-hidden="true">· </span>
        {plan.why[offer.why]}
      </li>
      {offer.needsStick && (
        <li data-how="bad">
          <span aria-hidden="true">✗ </span>
          {plan.needsStick}
        </li>
      )}
    </ul>
  );
}

/** What is to be set on this kind of phone, in order; nothing where the way's own steps are all. */
export function settingSteps(
  format: Format,
  module: ChannelView,
  of: PhonesHome,
  asked: PhoneAsked | undefined,
): readonly string[] {
  if (asked === undefined) return [];
  const { plan } = format.words;
  const offer = planFor(of, asked).offers.find(({ way }) => way === module.id);
  return (offer?.settings ?? []).flatMap((setting) =>
    setting === "app_android"
      ? [
          lookUp(plan.android.battery, asked.phone),
          lookUp(plan.android.autostart, asked.phone),
          plan.android.channel,
        ].filter((text) => text !== undefined)
      : [plan.calls[setting]],
  );
}
