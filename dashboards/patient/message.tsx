import type { Occurrence } from "../../src/domain/alarm.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import { fill } from "../../src/words/template.ts";
import { elapsedMs } from "../shared/clock.ts";
import { type Page, usePage } from "../shared/page.ts";
import type { Caller } from "./caller.ts";

/** A call that the server took must show up among the alarms within this time; otherwise it is not believed. */
const SHOWS_UP_MS = 10 * SECOND_MS;

/** One sentence in large letters: whether the call works, whether it went out, who is coming. */
export function Message(props: { readonly open: Occurrence | undefined; readonly caller: Caller }) {
  const page = usePage();
  page.everySecond();
  const { kind, text } = messageOf(page, props.caller, props.open);
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

function messageOf(page: Page, caller: Caller, open: Occurrence | undefined): Said {
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
      if (open !== undefined) return said(page, open, state.again);
      if (page.clock.mono() - state.at < SHOWS_UP_MS) return { kind: "busy", text: patient.calling };
      return { kind: "bad", text: patient.broken };
    case "idle":
      if (open !== undefined) return said(page, open, false);
      return { kind: "calm", text: page.phase.value === "live" ? patient.works : patient.waiting };
  }
}

/** What has become of the open call. */
function said(page: Page, open: Occurrence, again: boolean): Said {
  const { words } = page.format.value;
  const { patient } = words.pages;
  const answer = open.acknowledgement;
  if (answer !== undefined) {
    const text = fill(answer.place === "bedside" ? patient.there : patient.coming, { name: answer.by.name });
    return { kind: "good", text };
  }
  const heard = page.heard.value;
  const now = heard === undefined ? open.raisedAt : heard.serverAt + elapsedMs(page.clock, heard.at);
  const age = page.format.value.age(Math.max(0, now - open.raisedAt));
  const text = again ? `${patient.again}. ${patient.ringing}` : patient.ringing;
  return { kind: "busy", text: `${text} (${fill(patient.ringingFor, { age })})` };
}
