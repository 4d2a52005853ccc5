import type { DependencyClass } from "../domain/bed.ts";
import { boundsOf, OFF_BY_THERAPIST } from "./bounds.ts";
import type { Condition, SettingSpec } from "./condition.ts";
import { CONDITIONS } from "./conditions/index.ts";
import { presetOf } from "./limits.ts";
import { startsOn } from "./presets.ts";

const CLASSES: readonly DependencyClass[] = ["A", "B", "C"];

/** docs/alarms.md, written from the conditions themselves so that it cannot say anything else. */
export function alarmsMarkdown(): string {
  return [
    HEAD,
    "## All conditions",
    table(
      ["condition", "holds when", "preset", "delay", "priority A / B / C", "on watch only"],
      CONDITIONS.map((one) => [
        `[${one.id}](#${one.id.toLowerCase()})`,
        one.rule,
        "limit" in one.settings ? number(one.settings["limit"]) : "",
        "delay_s" in one.settings ? number(one.settings["delay_s"]) : "",
        CLASSES.map((cls) => one.priority[cls]).join(" / "),
        one.gating.includes("on watch only") ? "yes" : "",
      ]),
    ),
    RULES,
    "## Each condition",
    ...CONDITIONS.map(section),
  ]
    .join("\n\n")
    .concat("\n");
}

function section(one: Condition): string {
  const facts: readonly (readonly [string, string])[] = [
    ["Holds when", one.rule],
    ["Priority", CLASSES.map((cls) => `${cls} ${one.priority[cls]}`).join(", ")],
    ["Rises", one.rises],
    ["Clears", one.clears],
    ["Gating", one.gating],
    ["Latch", LATCH[one.latch]],
    ["Values", one.values.map((name) => `\`${name}\``).join(", ")],
    [
      "Can be switched off",
      one.canBeOff ? (OFF_BY_THERAPIST.includes(one.id) ? "by a therapist" : "yes") : "no",
    ],
    ["Starts switched off in class", CLASSES.filter((cls) => !startsOn(one.id, cls)).join(", ")],
    ["Source", one.source],
  ];
  const lines = facts.filter(([, text]) => text !== "").map(([name, text]) => `- ${name}: ${text}.`);
  const settings = Object.entries(one.settings);
  const rows = settings.map(([name, spec]) => [
    `\`${name}\``,
    number(spec),
    `${spec.min} to ${spec.max}`,
    recommended(one, name),
    spec.help,
  ]);
  return [
    `### ${one.id}`,
    lines.join("\n"),
    ...(rows.length === 0 ? [] : [table(["setting", "preset", "allowed", "recommended", "meaning"], rows)]),
  ].join("\n\n");
}

/** The recommended bounds of a setting, by class where they differ; empty where all that is allowed is recommended. */
function recommended({ id }: Condition, name: string): string {
  const texts = CLASSES.map((cls) => {
    const bounds = boundsOf(id, name, cls);
    if (bounds === undefined) return "";
    const { min, max } = bounds;
    if (min === undefined) return `to ${max}`;
    return max === undefined ? `from ${min}` : `${min} to ${max}`;
  });
  return new Set(texts).size === 1
    ? (texts[0] ?? "")
    : CLASSES.map((cls, index) => `${cls} ${texts[index]}`).join(", ");
}

const LATCH: { readonly [latch in Condition["latch"]]: string } = {
  V: "its trace stays visible until somebody has seen it",
  A: "the sound too stays until somebody has answered",
  none: "none",
};

function number(spec: SettingSpec | undefined): string {
  if (spec === undefined) return "";
  const values = [...new Set(CLASSES.map((cls) => presetOf(spec, cls)))];
  const text =
    values.length === 1 ? `${values[0]}` : CLASSES.map((cls) => `${cls} ${presetOf(spec, cls)}`).join(", ");
  return `${text} ${spec.unit}`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const HEAD = `# Alarms

What Breathwatch rings for, with the numbers it starts from. This page is written from the conditions in
\`src/alarm/conditions/\` and checked by a test; change it there. The numbers are proposals for adults with ALS or
another neuromuscular disease on non-invasive ventilation. The prescribing team sets the real ones; the machine's own
alarm stays the primary alarm.

Dependency class: A nocturnal only, B more than 12 to 16 hours a day, C cannot breathe alone.

Numbers outside of what is allowed are refused to everybody; outside of what is recommended they need a confirmation
and a reason, and a caregiver cannot set them. What makes an alarm later, rarer or shorter goes back by itself
(docs/api.md, "Limits"). docs/presets.md has the preset for the night that is low throughout, and codes from a clinic.`;

const RULES = `## Rules for all of them

**Time** is arrival time on the box's monotonic clock. A sample is a value or a reason for its absence; a number outside
the signal's range is absent as invalid. Repeats and samples out of order are ignored. Late data never rings; delayed
data (a memory card over Wi-Fi) feeds only conditions with a delay of 2 min and more, and never disconnection or apnoea.

**Limits.** A violation begins with the first sample beyond the limit and goes on until one comes back beyond limit and
hysteresis together. The alarm occurs at the first sample inside that band once the violation is as old as the delay. It
ends at the in-range sample that completes \`clear_s\`; until then a violation counts from its first sample. Each sample counts as its own second (5 s at one a second: the
fifth); where a device speaks less often, each as the time between two, once three in a row were so long. A second without a sample never counts.

**Gaps.** A gap begins with the first second without a sample. Up to 10 s the timers run on. In the eleventh second the
condition is unknown: it goes on being unknown until a sample comes, an open alarm stays open, and the start of a
violation is kept, so that the first sample back inside the band rings if the delay is over. If the last value was
violating, DATA_STALE occurs at once with that condition's priority (OXI_SENSOR_OFF when the oximeter speaks and
measures neither SpO2 nor pulse). Data loss never ends, lowers or silences anything.

**On watch.** Missing data rings only on watch: by the bed's schedule, by a person, by therapy together with a measuring
oximeter (from then on until a person ends it), and always for class C. Values that are present are judged day and
night. Data never ends a watch. Ending the night closes every open alarm as ended by that person, in every class; the
watch then stays off until the schedule next begins or a person starts it, and outside the schedule also until therapy
comes back after an absence of 5 min. What still violates afterwards rings again after its delay. A box whose clock may be
wrong keeps the watch on.

**One alarm, several tiers.** Conditions on one scale (oxygen, leak, battery) share an occurrence: the first in alarm opens
it, the others join. A worse tier or a higher priority makes it sound again at once, acknowledged or not; a milder one joins
silently. It ends with the last of them. Unanswered it stays at its worst; once somebody has taken it, it goes down silently
with its tiers, and the next step up sounds again. What comes back within 10 min of its end is the same alarm: whoever had
taken it still has, unless it is worse than before, so that an oscillation is one incident in ten minutes.

**Storms.** The seventh time within the hour that one condition comes into alarm it is told as recurrent ("7 times in 60
min"), as a warning, and stays open until 15 min have passed without it. Never merged: SPO2_CRIT, SPO2_UNDER_RANGE,
VENT_DISCONNECT, VENT_APNEA, the machine's own alarms, the patient's call, faults of the box, and anything more urgent than
its kind.

**Cards.** Alarms that begin within 90 s and may have one cause are one card with one cause, its evidence and what to look at
first (src/alarm/cause-table.ts). A card keeps its cause while it recovers; another one takes its place after 15 s of better
evidence. Technical alarms never stand above one about the person. Every open alarm is on exactly one card.

**"I am all right"** is the patient's own word, from the patient's page. It is shown on every caregiver's page with its time, and
stands behind what the next messages say; no sound, message, priority or end depends on it, whatever the priority: a hand may
lie on the screen, and who breathes badly may not know it. Once the alarm is worse or has come back it is shown as said before
that. The patient alone can say it; drills treat it alike.

**Acknowledging** says "I'm going" and is for one alarm; one tap on a card answers each of its members. It lapses after 3 min
(high) or 10 min (medium), at the bedside after 15 min (another one's "I'm going" makes that no shorter, and whoever is there stays
named); then the alarm sounds again while it holds or nobody knows. What was on its way for a while, as from a hub that did
not hear the box, counts from when it was given, takes the place of no newer answer, and is refused where the alarm has become
worse than what the person had been shown (docs/adr/0035-answers-that-come-late.md). A
technical loss that nobody can mend now can be taken over ("I am watching myself"): it asks gently every 30 min and, ten
minutes unanswered, rings again; what happens to the person breaks through.

**Pause** silences one condition at one priority and below: high 10 min (class C 3), lost data 15, others 120; longer is
refused, and there is no pause for all. **A care act** quiets what it explains for at most 10 min (class C 3), ends by itself
and a minute after everything it disturbed is good again. Neither quiets SPO2_CRIT, SPO2_UNDER_RANGE, VENT_APNEA, the
patient's call, faults of the box, nor in class C a disconnection. What is quiet is shown, and rings when the quiet ends.

**Leaving.** "End the night" closes every alarm as ended by that person. In hospital or on a visit nothing is judged until
the given end; signals that come back ask to start again. The end of the watch (transfer, death) silences everything, the
call too, and can be undone for 24 h.

**Limits** of a person are versions with author and reason; what is widened ends by itself. Switched off are single
conditions, by a therapist.

**Quality.** A doubtful sample (the device's remark, perfusion below 0.3 %) never blocks: the timer runs, the alarm is a
warning 15 s later unless ventilator, pulse or an earlier low bear it out.

**Latching.** What was high and ended unanswered stays as a trace until somebody has seen it; a ventilator's own alarm stays
until the ventilator clears it.

**Two devices** for one signal: the first in the bed's order that has a valid sample of the last 5 s counts. Absence is
judged for each device by itself. An alarm on evidence of a simulated device is marked simulated; it reaches people only
inside a drill.

**Restart.** The journal's last entry holds open alarms, acknowledgements and running delays. Time away is a gap in the
data. What would have run out meanwhile has ended; with a clock that is not trusted, every acknowledgement and drill has.
Devices get 10 s to answer after a longer absence. What begins again: the 60 s mean of the minute volume, the pulse of the
last 5 min, the doubtful time of the last 2 min; the 5 min of SpO2 go on from minute medians.`;
