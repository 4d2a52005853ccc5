/**
 * Ending the watch: for the night, for a time away, or for good. Whoever reads the last of these may have lost
 * somebody an hour ago: short, gentle, nothing to decide that can wait.
 */
export const leaving = {
  button: "End or pause the watch",
  title: "What happens now?",
  choices: {
    night: { title: "End the night", more: "Until the watch starts again." },
    hospital: { title: "In hospital", more: "Silent until a date." },
    visit: { title: "Away on a visit", more: "Silent until a date." },
    transfer: { title: "Cared for elsewhere", more: "The watch here ends." },
    death: { title: "Our watch has ended", more: "If the person has died." },
  },
  until: "Silent until",
  untilHint: "It can be ended at any time before.",
  /** In front of the long press; the list says what happens. */
  confirm: {
    night: {
      title: "End the watch for tonight?",
      happens: [
        "Open alarms close in your name.",
        "Missing data does not ring any more.",
        "Numbers that come in are judged as before.",
      ],
    },
    hospital: {
      title: "Silent until {time}?",
      happens: [
        "Everything is silent at once.",
        "Reminders, alarm tests and summaries stop.",
        "Only the call still rings.",
        "If numbers come in again, you are asked whether to start.",
      ],
    },
    visit: {
      title: "Silent until {time}?",
      happens: [
        "Everything is silent at once.",
        "Reminders, alarm tests and summaries stop.",
        "Only the call still rings.",
        "If numbers come in again, you are asked whether to start.",
      ],
    },
    transfer: {
      title: "End the watch here?",
      happens: [
        "Everything is silent at once and stays silent.",
        "The call does not ring either. Reminders, tests and summaries stop.",
        "The nights so far are kept.",
        "It can be taken back for 24 hours.",
      ],
    },
    death: {
      title: "Let everything be silent?",
      text: "We are very sorry. There is nothing else that you have to do here now.",
      happens: [
        "Everything is silent at once and stays silent.",
        "No reminder, no test and no summary will come.",
        "The others are told quietly that the watch has ended.",
        "The nights are kept, until you decide otherwise.",
      ],
    },
  },
  hold: "Hold for 2 seconds",
  holding: "Keep holding…",
  notNow: "Not now",
  sending: "One moment…",
  failed: "It did not reach the box. Please try again.",
  /** Where the state of the watch stands. */
  state: {
    ended: "Watch ended at {time}",
    hospital: "In hospital, silent until {time}",
    visit: "Away, silent until {time}",
    transfer: "The watch here has ended",
    death: "The watch has ended",
    by: "by {name}",
    silent: "Everything is silent.",
  },
  /** Messages to the others; nothing that rings, no patient's name. */
  told: {
    hospitalTitle: "Breathwatch is silent",
    hospitalBody: "{name} has noted a stay in hospital. Silent until {time}.",
    visitTitle: "Breathwatch is silent",
    visitBody: "{name} has noted a time away. Silent until {time}.",
    transferTitle: "The watch has ended",
    transferBody: "{name} has ended the watch, because care goes on elsewhere. Thank you for being there.",
    deathTitle: "The watch has ended",
    deathBody: "{name} has ended the watch. No more alarms will come. Thank you for being there.",
    undoneTitle: "The watch can go on",
    undoneBody: "{name} has taken the end of the watch back.",
    backTitle: "Signals are coming in again",
    backBody: "Open to start the watch, if the person is back.",
  },
  undo: {
    button: "Take it back",
    until: "Can be taken back until {time}",
    title: "Take it back?",
    text: "The watch can be started again. The others are told.",
    done: "Taken back. Start the watch when you are ready.",
    tooLate: "More than 24 hours have passed. Ask the technician to set the bed up again.",
  },
  back: {
    title: "Signals are back: start the watch?",
    text: "Numbers have been coming in again since {time}. Nothing rings until somebody starts the watch.",
    start: "Start the watch",
    later: "Not now",
    /** After the end for good: asked on the page alone. */
    endedText: "A device is sending numbers again. Nothing rings. It can simply be switched off.",
  },
} as const;
