/** What alarms about the ventilator and its air say. */
export const ventilator = {
  VENT_OWN: {
    title: "Ventilator is alarming",
    check: [
      "The person: breathing, colour?",
      "Mask or tube: in place, connected?",
      "Ventilator: do what its display says.",
      "Cannot mend it: hand bag or spare machine, emergency plan.",
    ],
    spoken: "The ventilator itself is alarming. Please go and look.",
  },
  VENT_REMOTE_ALARM: {
    title: "Alarm at the ventilator",
    check: [
      "The person: breathing, colour?",
      "Mask or tube: in place, connected?",
      "The ventilator's display says why.",
      "Cannot mend it: hand bag or spare machine, emergency plan.",
    ],
    spoken: "The ventilator itself is alarming. Please go and look.",
  },
  VENT_DISCONNECT: {
    title: "Mask or tube off",
    check: [
      "The person: breathing, colour?",
      "Put the mask back, or reconnect the tube.",
      "Follow the hose from the face to the machine.",
      "Ventilator: running, pressure back?",
    ],
    spoken: "The mask or tube is off. Please go now.",
  },
  VENT_APNEA: {
    title: "No breath seen",
    check: [
      "Go now. Is the chest moving?",
      "Mask or tube in place, hose connected?",
      "Ventilator: running, blocked, water in the hose?",
      "Not breathing: follow your emergency plan.",
    ],
    spoken: "No breath seen. Go now.",
  },
  VENT_OBSTRUCTION: {
    title: "Tube or airway blocked",
    check: [
      "Go now. Does the chest move?",
      "Secretions: suction. Tracheostomy: inner tube.",
      "Hose: kinked, water in it, somebody lying on it?",
      "No air goes in: hand bag, emergency plan.",
    ],
    spoken: "The tube or airway is blocked. Go now.",
  },
  VENT_PRESSURE_LOW: {
    title: "Pressure too low",
    check: [
      "The person: breathing, colour?",
      "Mask or tube: leaking, slipped?",
      "Hose and connectors: tight, not torn?",
      "Ventilator: running, filter not blocked?",
    ],
    spoken: "The ventilator's pressure is too low. Please go and look.",
  },
  VENT_PRESSURE_HIGH: {
    title: "Pressure too high",
    check: [
      "The person: coughing, secretions, uneasy?",
      "Secretions: suction.",
      "Hose: kinked, blocked, water in it?",
      "It stays high: follow your emergency plan.",
    ],
    spoken: "The ventilator's pressure is too high. Please go and look.",
  },
  VENT_LEAK_HIGH: {
    title: "Large leak",
    check: [
      "The person: breathing, colour?",
      "Mask: straps, fit, mouth open?",
      "Tube: cuff, connectors?",
      "Hose: torn, a cap missing?",
    ],
    spoken: "There is a large leak. Please go and look.",
  },
  VENT_LEAK_WARN: {
    title: "Leak a little high",
    check: [
      "The person: resting as usual?",
      "Mask: set it right when you are there anyway.",
      "Like this on many nights: tell the therapist.",
    ],
    spoken: "The leak is a little high.",
  },
  LEAK_DESAT: {
    title: "Leak, oxygen falling",
    check: [
      "The person: colour, breathing?",
      "Set the mask right now; mouth closed?",
      "Tube: cuff, connectors. Hose: torn?",
      "Oxygen does not come back: follow your emergency plan.",
    ],
    spoken: "A leak, and oxygen is falling. Go and set the mask right.",
  },
  VENT_MV_LOW: {
    title: "Breathing volume low",
    check: [
      "The person: chest moving, colour?",
      "Mask or tube: slipped, leaking?",
      "Secretions: suction. Hose: kinked?",
      "Ventilator: running, usual programme?",
    ],
    spoken: "The breathing volume is low. Please go and look.",
  },
  VENT_VTE_LOW: {
    title: "Small breaths",
    check: [
      "The person: chest moving, colour?",
      "Mask or tube: slipped, leaking?",
      "Secretions: suction. Hose: kinked?",
      "Position: head and chin.",
    ],
    spoken: "The breaths are small. Please go and look.",
  },
  VENT_RR_HIGH: {
    title: "Breathing fast",
    check: [
      "The person: fear, pain, fever, secretions?",
      "Mask and position: comfortable?",
      "Secretions: suction.",
      "Unwell or no better: follow your emergency plan.",
    ],
    spoken: "The breathing is fast. Please go and look.",
  },
  VENT_RR_LOW: {
    title: "Breathing slow",
    check: [
      "The person: easy to wake, chest moving?",
      "Ventilator: running, usual programme?",
      "Mask or tube: slipped, leaking?",
      "Hard to wake: follow your emergency plan.",
    ],
    spoken: "The breathing is slow. Please go and look.",
  },
  VENT_OFF_EXPECTED: {
    title: "Ventilator is off",
    check: [
      "The person: breathing, colour? Switched off on purpose?",
      "Mask or tube on, ventilator on.",
      "Plug, switch, battery?",
      "It does not start: hand bag or spare machine, emergency plan.",
    ],
    spoken: "The ventilator is off. Please go and look.",
  },
  VENT_MAINS_LOST: {
    title: "Ventilator without mains",
    check: [
      "The person: breathing? Is the ventilator still running?",
      "Plug: in the wall, in the machine?",
      "A power cut? Get the spare battery ready.",
      "How long will it last? Plan before it runs low.",
    ],
    spoken: "The ventilator has no mains power. Please check the plug.",
  },
  VENT_BATT_LOW: {
    title: "Battery getting low",
    check: [
      "The person: breathing as usual?",
      "Plug the ventilator in, or change the battery.",
      "A power cut: who has power, who can help?",
    ],
    spoken: "The ventilator's battery is getting low. Please plug it in.",
  },
  VENT_BATT_CRIT: {
    title: "Battery almost empty",
    check: [
      "Go now. Plug the ventilator in, or change the battery.",
      "No power: spare machine; hand bag ready.",
      "Stay with the person.",
      "Follow your emergency plan for power cuts.",
    ],
    spoken: "The ventilator's battery is almost empty. Go now.",
  },
  VENT_SETTINGS_CHANGED: {
    title: "Ventilator set anew",
    check: [
      "The person: breathing at ease?",
      "Did the clinic, or one of you, change the settings?",
      "Nobody did: compare them with the prescription, ask the clinic.",
    ],
    spoken: "The ventilator's settings have changed.",
  },
} as const;
