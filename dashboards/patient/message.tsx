import type { Acknowledgement, Occurrence } from "../../src/domain/alarm.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { elapsedMs } from "../shared/clock.ts";
import { type Page, usePage } from "../shared/page.ts";
import type { Caller } from "./caller.ts";

/** A call that the server took must show up among the alarms within this time; otherwise it is not believed. */
const SHOWS_UP_MS = 10 * SECOND_MS;

/** One sentence in large letters: whether the call works, whether it went out, who is coming. */
export function Message(props: {
  readonly bed: BedState;
  readonly open: Occurrence | undefined;
  readonly caller: Caller;
  /** Nothing in or out of the house would make a sound now. */
  readonly silent: boolean;
}) {
  const page = usePage();
  page.everySecond();
  const { kind, text } = messageOf(page, props);
  return (
    <p class={`call-message message-${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {text}
    </p>
  );
}

interface Said {
  readonly kind: "good" | "busy" | "bad" | "calm";
  readonly text: string;
}

function messageOf(page: Page, { bed, caller, open, silent }: Parameters<typeof Message>[0]): Said {
  const { words } = page.format.value;
  const { patient } = words.pages;
  const state = caller.state.value;
  const comes = comesFor(bed);
  if (page.phase.value === "lost") return { kind: "bad", text: patient.broken };
  if (bed.alarms.watch.reason === "transfer") {
    const { cause, fix } = words.faults.WATCH_OVER;
    return { kind: "bad", text: `${cause} ${fix}` };
  }
  switch (state.kind) {
    case "held": {
      const count = Math.max(1, Math.ceil((state.until - page.clock.mono()) / SECOND_MS));
      return { kind: "busy", text: fill(patient.callingIn, { count }) };
    }
    case "failed":
      return { kind: "bad", text: patient.broken };
    case "sending":
      if (state.failures > 0) return { kind: "bad", text: patient.failed };
      return { kind: "busy", text: patient.calling };
    case "sent":
      if (open !== undefined) return said(page, open, state.again, silent);
      if (page.clock.mono() - state.at < SHOWS_UP_MS) return { kind: "busy", text: patient.calling };
      return { kind: "bad", text: patient.broken };
    case "idle":
      if (open !== undefined) return said(page, open, false, silent);
      if (page.phase.value !== "live") return { kind: "calm", text: patient.waiting };
      if (comes !== undefined) return taken(page, comes);
      return silent ? { kind: "busy", text: patient.nothingRings } : { kind: "calm", text: patient.works };
  }
}

/** What has become of the open call. */
function said(page: Page, open: Occurrence, again: boolean, silent: boolean): Said {
  const { words } = page.format.value;
  const { patient } = words.pages;
  const answer = open.acknowledgement;
  if (answer !== undefined) return taken(page, answer);
  if (silent) return { kind: "bad", text: patient.nothingRings };
  const heard = page.heard.value;
  const now = heard === undefined ? open.raisedAt : heard.serverAt + elapsedMs(page.clock, heard.at);
  const age = page.format.value.age(Math.max(0, now - open.raisedAt));
  const text = again ? `${patient.again}. ${patient.ringing}` : patient.ringing;
  return { kind: "busy", text: `${text} (${fill(patient.ringingFor, { age })})` };
}

/** Somebody has taken an alarm and is on the way or there, although nobody called. */
function comesFor({ alarms }: BedState): Acknowledgement | undefined {
  const answers = alarms.open.flatMap(({ acknowledgement }) => acknowledgement ?? []);
  return answers.find(({ place }) => place === "bedside") ?? answers.find(({ place }) => place === "going");
}

function taken(page: Page, { place, by }: Acknowledgement): Said {
  const { patient } = page.format.value.words.pages;
  return {
    kind: "good",
    text: fill(place === "bedside" ? patient.there : patient.coming, { name: by.name }),
  };
}

/** Whether somebody watches, in quiet words. */
export function WatchWords(props: { readonly bed: BedState }) {
  const format = usePage().format.value;
  const { leaving, pages } = format.words;
  const { bed } = props;
  const { watch } = bed.alarms;
  if (usePage().phase.value !== "live") return null;
  if (watch.on) {
    const since = fill(pages.caregiver.watchingSince, { time: format.time(watch.since, bed.zone) });
    return <p class="watch-words">{since}</p>;
  }
  switch (watch.reason) {
    case "hospital":
    case "visit": {
      if (watch.until === undefined) return null;
      const until = { time: format.dateTime(watch.until, bed.zone) };
      return <p class="watch-words">{fill(leaving.state[watch.reason], until)}</p>;
    }
    case "transfer":
    case "death":
      return <p class="watch-words">{leaving.state[watch.reason]}</p>;
    case "class_c":
    case "schedule":
    case "person":
    case "therapy":
    case "off":
    case "ended":
      return null;
  }
}
