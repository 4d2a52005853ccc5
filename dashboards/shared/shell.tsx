import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { LANGUAGES, type Role } from "../../src/domain/person.ts";
import type { BedState, Me } from "../../src/server/contract.ts";
import type { Words } from "../../src/words/en.ts";
import { wordsIn } from "../../src/words/index.ts";
import { fill } from "../../src/words/template.ts";
import { listen, usePage } from "./page.ts";
import { SignIn } from "./sign-in.tsx";
import { TroubleBox } from "./trouble.tsx";

/** The four pages, by the name of their folder. */
export const PAGES = ["caregiver", "patient", "therapist", "technician"] as const;
export type PageName = (typeof PAGES)[number];
/** What is open: one of the four, or what somebody sees through a shared link. */
export type OpenName = PageName | "shared";

const PATHS: { readonly [name in PageName]: string } = {
  caregiver: "/",
  patient: "/patient",
  therapist: "/therapist",
  technician: "/technician",
};

/** The pages that a role has a use for; what it may do there is the server's decision. */
const PAGES_OF: { readonly [role in Role]: readonly PageName[] } = {
  owner: PAGES,
  caregiver: ["caregiver", "patient"],
  patient: ["patient"],
  therapist: ["therapist", "caregiver"],
  technician: ["technician", "caregiver"],
};

/** Frame of every page: marks, loss of connection, sign-in, language, the way to the other pages. */
export function Shell(props: {
  readonly name: OpenName;
  /** The page says in its own words that the connection is lost. */
  readonly ownLossWords: boolean;
  readonly children: ComponentChildren;
}) {
  const page = usePage();
  const { words } = page.format.value;
  const who = page.who.value;
  useEffect(() => describeDocument(page.language.value, words.terms.product, titleOf(words, props.name)));
  return (
    <div class={`page page-${props.name}`}>
      <a class="skip" href="#content">
        {words.pages.common.skip}
      </a>
      <Header name={props.name} />
      <main id="content" tabIndex={-1}>
        {page.broken.value !== undefined && <Broken />}
        {who.kind === "known" && who.me.person !== undefined && !props.ownLossWords && <LostBanner />}
        {who.kind === "asking" && <p class="waiting">{words.pages.common.waiting}</p>}
        {who.kind === "unreachable" && <Unreachable />}
        {who.kind === "known" &&
          (who.me.person === undefined && props.name !== "shared" ? <SignIn /> : props.children)}
      </main>
      <Footer name={props.name} me={who.kind === "known" ? who.me : undefined} />
    </div>
  );
}

const titleOf = (words: Words, name: OpenName): string =>
  name === "shared" ? words.people.shared.title : words.pages.common.nav[name];

/** Something in the page itself failed: what it shows may have stopped. */
export function Broken() {
  const { common } = usePage().format.value.words.pages;
  return (
    <section class="banner-lost" role="alert">
      <p class="banner-title">
        <span aria-hidden="true">⚠ </span>
        {common.brokenTitle}
      </p>
      <p>{common.brokenText}</p>
      <button type="button" class="big" onClick={() => location.reload()}>
        {common.reload}
      </button>
    </section>
  );
}

function Header(props: { readonly name: OpenName }) {
  const page = usePage();
  const { words } = page.format.value;
  return (
    <header>
      <div class="top">
        <h1>
          <span class="product">{words.terms.product}</span> {titleOf(words, props.name)}
        </h1>
        <Languages />
      </div>
      <Marks />
    </header>
  );
}

const SHORT_NAMES = { "zh-Hans": "简", "zh-Hant": "繁", en: "EN" } as const;

function Languages() {
  const page = usePage();
  const { words } = page.format.value;
  return (
    <fieldset class="languages">
      <legend class="visually-hidden">{words.pages.common.language}</legend>
      {LANGUAGES.map((language) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-label={`${SHORT_NAMES[language]} ${wordsIn(language).terms.languageName}`}
          aria-pressed={page.language.value === language}
          onClick={() => page.chooseLanguage(language)}
        >
          {SHORT_NAMES[language]}
        </button>
      ))}
    </fieldset>
  );
}

/** SIMULATED, DEMO and DRILL, whenever any bed or the server says so (law 7). */
function Marks() {
  const page = usePage();
  const { words } = page.format.value;
  const who = page.who.value;
  const beds = page.heard.value?.beds ?? [];
  const simulated = beds.some((bed) => bed.simulated || bed.sources.some((source) => source.simulated));
  const demo = who.kind === "known" && who.me.demo;
  const drill = beds.find((bed) => bed.alarms.drillUntil !== undefined);
  const { common } = words.pages;
  if (!simulated && !demo && drill === undefined) return null;
  return (
    <div class="marks">
      {(simulated || demo) && (
        <p class="mark mark-simulated">
          <strong>{[demo ? common.demo : undefined, common.simulated].filter(Boolean).join(" · ")}</strong>{" "}
          {common.simulatedMore}
        </p>
      )}
      {drill !== undefined && <DrillMark bed={drill} />}
    </div>
  );
}

function DrillMark(props: { readonly bed: BedState }) {
  const { format } = usePage();
  const { common } = format.value.words.pages;
  const { alarms, zone } = props.bed;
  if (alarms.drillUntil === undefined) return null;
  const time = format.value.time(alarms.drillUntil, zone, true);
  return (
    <p class="mark mark-drill">
      <strong>{common.drill}</strong> {fill(common.drillUntil, { time })}
    </p>
  );
}

/** Loss of connection is an alarm of the page: red, full width, and the numbers are gone. */
function LostBanner() {
  const page = usePage();
  const { words } = page.format.value;
  const shownSince = useSignal<number | undefined>(undefined);
  const lost = page.phase.value === "lost";
  page.everySecond();
  const silent = page.silentMs();
  useEffect(() => {
    shownSince.value = lost ? (shownSince.value ?? page.clock.mono()) : undefined;
  }, [lost]);
  if (!lost) return null;
  const ownAge = shownSince.value === undefined ? 0 : page.clock.mono() - shownSince.value;
  const age = page.format.value.age(Math.max(silent, ownAge));
  const { common } = words.pages;
  return (
    <section class="banner-lost" role="alert">
      <p class="banner-title">
        <span aria-hidden="true">⚠ </span>
        {common.lostTitle}
      </p>
      <p aria-live="off">{fill(common.lostText, { age })}</p>
      <p class="small">{common.lostTrying}</p>
      {page.alarm.ringsForLoss.value && (
        <button type="button" onClick={() => page.alarm.keepQuiet()}>
          {common.quiet}
        </button>
      )}
    </section>
  );
}

/** The page opened, but nobody answered: it says so instead of showing an empty watch. */
function Unreachable() {
  const page = usePage();
  const who = page.who.value;
  const { common } = page.format.value.words.pages;
  const stopped = useSignal(navigator.onLine);
  useEffect(() => {
    const stops = ["online", "offline"].map((name) =>
      listen(window, name, () => {
        stopped.value = navigator.onLine;
      }),
    );
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  if (who.kind !== "unreachable") return null;
  return (
    <section class="banner-lost" role="alert">
      <p class="banner-title">
        <span aria-hidden="true">⚠ </span>
        {stopped.value ? common.lostTitle : common.offlineTitle}
      </p>
      <p>{common.offlineText}</p>
      {stopped.value && <TroubleBox trouble={who.trouble} />}
      <button type="button" class="big" onClick={() => page.askWho()}>
        {common.tryAgain}
      </button>
    </section>
  );
}

function Footer(props: { readonly name: OpenName; readonly me: Me | undefined }) {
  const page = usePage();
  const { words } = page.format.value;
  const { common } = words.pages;
  const person = props.me?.person;
  const role = person?.role;
  return (
    <footer>
      <p class="primary-alarm">{common.primaryAlarm}</p>
      {role !== undefined && (
        <nav aria-label={common.navLabel}>
          {PAGES_OF[role].map((name) => (
            <a key={name} href={PATHS[name]} aria-current={name === props.name ? "page" : undefined}>
              {common.nav[name]}
            </a>
          ))}
        </nav>
      )}
      {person !== undefined && (
        <p class="small">
          {fill(common.signedIn, { name: person.name, what: words.terms.roles[person.role] })}
          {" · "}
          {words.terms.product} {props.me?.version}
        </p>
      )}
    </footer>
  );
}

function describeDocument(language: string, product: string, title: string): void {
  document.documentElement.lang = language;
  document.title = `${title} · ${product}`;
  const manifest = document.querySelector("link[rel=manifest]");
  manifest?.setAttribute("href", `/manifest.${language}.webmanifest`);
}
