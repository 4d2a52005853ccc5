/** Who is told when the box itself falls silent. */
export const deadMan = {
  /** What phones are told by a service outside the house, without the box. */
  said: {
    silent: {
      title: "The box in the house has stopped speaking",
      body: "Look at the patient, then at the box.",
    },
    stopped: {
      title: "The box in the house was stopped and has not come back",
      body: "Nobody is being watched. Look at the patient, then at the box.",
    },
    back: {
      title: "The box in the house speaks again",
      body: "It is watching again. Open the page and see whether all is well.",
    },
    ended: {
      title: "Somebody stopped the box by hand",
      body: "Nobody is being watched, and nobody is told if that stays so.",
    },
  },
  /** The line in "Would wake". */
  hub: "If this box dies, the hub calls",
  ways: { "dead-man-ntfy": "ntfy", "dead-man-ping": "the ping service" },
  hubAway: "The hub has not been heard since {time}. If it is down as well, no one is told if this box dies.",
  outside: "If this box dies, {name} tells you after {age}",
  outsideOwn: "If this box dies, {name} tells you, after the time that was set there",
  resting: "If this box dies during the watch, {name} tells you",
  none: "No one is told if this box dies.",
  noneFix:
    "Stay within earshot of the machine's own alarm, or set up somebody outside the house: below, under “Phones”.",
  failing: "No one is told if this box dies, since {time}: {detail}",
  /** The form. */
  title: "If this box dies",
  hint: "A box without power or internet calls nobody. Somebody outside the house has to notice. No name and no value leaves the house.",
  led: "The hub that this box belongs to notices, and calls.",
  choose: "Set it up",
  change: "What it needs",
  ownerOnly: "The owner sets this up.",
  saved: "Saved. It is tried now.",
  forget: "Switch off",
  forgetTitle: "Switch this off?",
  forgetText: "After that it tells nobody if this box dies.",
  forgotten: "Switched off.",
  armed: "stands: speaks up {age} after the box has fallen silent",
  armedOwn: "hears of the box",
  beginning: "is being set up…",
  restingNow: "waits for the watch to begin",
  failingNow: "does not stand since {time}: {detail}",
  drill: "Let it speak up",
  drilled: "Taken. It speaks up in about ten seconds, marked as a drill.",
  drilledOwn: "Taken. Nothing rings: this service rings when it hears nothing.",
} as const;
