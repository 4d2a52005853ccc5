/**
 * What an alarm says to somebody just woken: what happened, what to look at first (person, mask, tube, machine),
 * and the sentence that is spoken aloud. Not medical advice; the family's emergency plan comes first.
 */
export const conditions = {
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
  OXI_SENSOR_OFF: {
    title: "Finger sensor off",
    check: [
      "The person first: breathing as usual?",
      "Put the sensor back on the finger.",
      "Oximeter: switched on, cable in, battery?",
      "Still nothing: another finger, warm the hand.",
    ],
    spoken: "The finger sensor is off. Oxygen is not being watched.",
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
  DATA_STALE: {
    title: "No more data",
    check: [
      "The person first. We cannot see them now.",
      "The device: switched on, on the person?",
      "Cable or radio between device and box?",
      "Cannot mend it: somebody stays with the person.",
    ],
    spoken: "No more data is coming in. Please look at the person.",
  },
  DATA_FROZEN: {
    title: "Readings look frozen",
    check: [
      "The person first. These numbers may be old.",
      "The device's own display: does it change?",
      "Sensor off and on again; device off and on again.",
      "Cannot mend it: somebody stays with the person.",
    ],
    spoken: "The readings look frozen. Please look at the person.",
  },
  DATA_NEVER: {
    title: "Nothing received yet",
    check: [
      "The person first. This is not being watched.",
      "The device: switched on, on the person?",
      "Cable in, the right port, radio on?",
      "The technician's page names the cause.",
    ],
    spoken: "A device has sent nothing yet. It is not being watched.",
  },
  DB_WRITE_FAIL: {
    title: "Recording fault",
    check: [
      "Alarms still work. The night may not be recorded.",
      "The box: memory full, card or disk broken?",
      "Tell your technician in the morning.",
    ],
    spoken: "Recording has failed. Alarms still work.",
  },
  RULE_ERROR: {
    title: "Monitoring fault",
    check: [
      "Part of the watch has failed. Look at the person.",
      "Keep the machine's own alarms on.",
      "Restart the box when somebody is awake.",
      "Tell your technician.",
    ],
    spoken: "Part of the watch has failed. Please look at the person.",
  },
} as const;
