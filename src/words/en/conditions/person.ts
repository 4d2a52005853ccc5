/** What alarms about the person say. */
export const person = {
  SPO2_LOW: {
    title: "Oxygen low",
    check: [
      "The person: colour of face and lips, chest moving?",
      "Mask or tube: in place, no leak?",
      "Ventilator: running, hose not kinked?",
      "Finger sensor: well on, hand warm?",
    ],
    spoken: "Oxygen is low. Please go and look.",
  },
  SPO2_CRIT: {
    title: "Oxygen very low",
    check: [
      "Go now. Look at the person first.",
      "Mask or tube in place, ventilator running?",
      "Choking or secretions: suction.",
      "No better at once: follow your emergency plan.",
    ],
    spoken: "Oxygen is very low. Go now.",
  },
  SPO2_RAPID: {
    title: "Oxygen falling fast",
    check: [
      "Go now. Look at the person first.",
      "Mask or tube off, hose loose?",
      "Choking or secretions: suction.",
      "No better at once: follow your emergency plan.",
    ],
    spoken: "Oxygen is falling fast. Go now.",
  },
  SPO2_INTEGRAL: {
    title: "Repeated oxygen dips",
    check: [
      "The person: colour, breathing, secretions?",
      "Mask or tube: slipped, leaking?",
      "Position: head, chin, a little higher?",
      "Ventilator: running, hose not kinked?",
    ],
    spoken: "Oxygen keeps dipping. Please go and look.",
  },
  SPO2_SUSTAINED: {
    title: "Oxygen stays low",
    check: [
      "The person: colour, easy to wake?",
      "Mask or tube: in place, no leak?",
      "Secretions: suction. Then change the position.",
      "It stays low: follow your emergency plan.",
    ],
    spoken: "Oxygen has stayed low for minutes. Please go and look.",
  },
  SPO2_RELATIVE: {
    title: "Below the usual oxygen",
    check: [
      "The person: colour, breathing as usual?",
      "Mask or tube: slipped, leaking?",
      "Secretions or position?",
      "Finger sensor: well on, hand warm?",
    ],
    spoken: "Oxygen is well below the usual. Please go and look.",
  },
  SPO2_UNDER_RANGE: {
    title: "Oxygen too low to read",
    check: [
      "Go now. Look at the person first.",
      "Mask or tube in place, ventilator running?",
      "Choking or secretions: suction.",
      "No better at once: follow your emergency plan.",
    ],
    spoken: "Oxygen is too low to measure. Go now.",
  },
  SPO2_LOW_UNCERTAIN: {
    title: "Oxygen perhaps low",
    check: [
      "The person: colour, breathing as usual?",
      "Finger sensor: well on, hand warm and still?",
      "Try another finger.",
      "Still low: treat it as real. Mask, tube, ventilator?",
    ],
    spoken: "Oxygen may be low. Please look at the person and the sensor.",
  },
  SPO2_WARN: {
    title: "Oxygen a little low",
    check: [
      "The person: resting as usual?",
      "Mask: has it slipped a little?",
      "Like this on many nights: tell the therapist.",
    ],
    spoken: "Oxygen is a little low.",
  },
  SPO2_HIGH_ON_O2: {
    title: "Oxygen rather high",
    check: [
      "The person: easy to wake? If not: emergency plan.",
      "Oxygen supply: set as prescribed?",
      "Ask the therapist before you change anything.",
    ],
    spoken: "Oxygen is rather high with the extra oxygen.",
  },
  PR_LOW: {
    title: "Pulse slow",
    check: [
      "The person: awake, colour, breathing?",
      "Feel the pulse by hand.",
      "Finger sensor: well on, hand warm?",
      "Unwell or no better: follow your emergency plan.",
    ],
    spoken: "The pulse is slow. Please go and look.",
  },
  PR_HIGH: {
    title: "Pulse fast",
    check: [
      "The person: pain, fear, fever, secretions?",
      "Breathing: hard work, mask in place?",
      "Finger sensor: well on?",
      "Unwell or no better: follow your emergency plan.",
    ],
    spoken: "The pulse is fast. Please go and look.",
  },
  PULSE_LOST: {
    title: "No pulse signal",
    check: [
      "Go now. Does the person respond, does the chest move?",
      "Feel the pulse by hand.",
      "Finger sensor: well on, hand warm? Another finger.",
      "No response, no pulse: follow your emergency plan.",
    ],
    spoken: "The sensor finds no pulse. Go now.",
  },
  TCCO2_HIGH: {
    title: "CO₂ is high",
    check: [
      "The person: easy to wake, hard work to breathe?",
      "Mask or tube: slipped, leaking?",
      "Secretions, or water in the hose?",
      "Hard to wake, or no better: follow your emergency plan.",
    ],
    spoken: "Carbon dioxide is high. Please go and look.",
  },
  PATIENT_CALL: {
    title: "The patient is calling",
    check: [
      "Go to the bed.",
      "Breathing first: mask, tube, secretions.",
      "Then ask: position, pain, toilet.",
    ],
    spoken: "You are being called to the bed.",
  },
} as const;
