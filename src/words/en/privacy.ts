/** Giving to research, taking one's data home, being forgotten: what people agree to, in words that say all of it. */
export const privacy = {
  research: {
    title: "Give to research",
    /** Version 1 (domain/research.ts): a change of meaning is a new version. */
    text: [
      "You may give numbers of the nights to research. You need not: nothing changes here if you do not.",
      "Only what you choose leaves, only from now on, and only when somebody makes the file by hand. You can see it before.",
      "Names, ages, notes and serial numbers never leave. Dates are moved by whole weeks that nobody is told; the time of day stays.",
      "Whoever knows a night well might still recognise it. Complete secrecy cannot be promised.",
      "You can take it back at any time, at once and without a reason. Then nothing more leaves, and later files cannot be joined to earlier ones. What is with the researchers already cannot be called back from here.",
    ],
    groups: {
      oxygen: "Oxygen and pulse",
      breathing: "Breathing: rate, volumes, leak",
      pressure: "Pressures and therapy",
      carbon_dioxide: "Carbon dioxide",
    },
  },
  family: {
    title: "Your nights",
    about:
      "Everything that Breathwatch kept of this home, in files that other programs can read. It is yours.",
    warning: "These files are not encrypted. Keep them where you would keep a letter from the doctor.",
    samples: "Numbers of each night, a row a second",
    waves: "Curves of each night, one line of JSON a piece",
    settings: "Settings of the machines",
    alarms: "Alarms of each bed",
    limits: "Limits with their history",
    audit: "What was decided and done, each line with its hash",
    care: "Care at the bed",
    notes: "Mornings, symptoms, ALSFRS-R items, duty and care that were written down, with corrections",
    duty: "Who is on duty: the weekly rota and hand-overs",
    record: "Sign-ins, changes and exports",
    people: "People and phones, without their addresses",
    commissionings: "Protocols of putting the bed into use",
    research: "What was given to research",
    voices: "What you spoke yourselves for alarms",
    simulated: "Files with SIMULATED in their name hold nothing of a person.",
  },
  forget: {
    remains:
      "What remains: one line without a name that a home was removed; backups that were made before; what others have taken away.",
  },
} as const;
