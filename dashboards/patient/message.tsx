import type { Occurrence } from "../../src/domain/alarm.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import { fill } from "../../src/words/template.ts";
import { elapsedMs } from "../shared/clock.ts";
import { type Page, usePage } from "../shared/page.ts";
import type { Caller } from "./caller.ts";

/** A call that the server took must show up among the alarms within this time; otherwise it is not believed. */
const SHOWS_UP_MS = 10 * SECOND_MS;

/** One sentence in large letters: whether the call works, whether it went out, who is coming. */
export function Message(props: {
  readonly open: Occurrence | undefined;
  readonly caller: Caller;
  /** Nothing in or out of the house would make a sound now. */
  readonly silent: boolean;
}) {
  const page = usePage();
  page.everySecond();
  const { kind, text } = messageOf(page, props.caller, props.open, props.silent);
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

function messageOf(page: Page, caller: Caller, open: Occurrence | undefined, silent: boolean): Said {
  const { patient } = page.format.value.words.pages;
  const state = caller.state.value;
  if (page.phase.value === "lost") return { kind: "bad", text: patient.broken };
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
      return silent ? { kind: "busy", text: patient.nothingRings } : { kind: "calm", text: patient.works };
  }
}

/** What has become of the open call. */
function said(page: Page, open: Occurrence, again: boolean, silent: boolean): Said {
  const { words } = page.format.value;
  const { patient } = words.pages;
  const answer = open.acknowledgement;
  if (answer !== undefined) {
    const text = fill(answer.place === "bedside" ? patient.there : patient.coming, { name: answer.by.name });
    return { kind: "good", text };
  }
  if (silent) return { kind: "bad", text: patient.nothingRings };
  const heard = page.heard.value;
  const now = heard === undefined ? open.raisedAt : heard.serverAt + elapsedMs(page.clock, heard.at);
  const age = page.format.value.age(Math.max(0, now - open.raisedAt));
  const text = again ? `${patient.again}. ${patient.ringing}` : patient.ringing;
  return { kind: "busy", text: `${text} (${fill(patient.ringingFor, { age })})` };
}
