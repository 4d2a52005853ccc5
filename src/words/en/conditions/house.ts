/** What alarms about sensors, data, the box, the phones, limits and care say. */
export const house = {
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
  OXI_POOR_SIGNAL: {
    title: "Weak sensor signal",
    check: [
      "The person: breathing as usual, hand warm?",
      "Refit the sensor, or take another finger.",
      "Nail varnish, bright light, a hand that moves?",
    ],
    spoken: "The finger sensor's signal is weak. Warm the hand and refit it.",
  },
  OXI_VENT_PR_MISMATCH: {
    title: "Two pulses disagree",
    check: [
      "The person: as usual?",
      "Finger sensor: well on, hand still?",
      "Are both devices on this person?",
    ],
    spoken: "Two devices tell a different pulse.",
  },
  DEVICE_OWN: {
    title: "A device is alarming",
    check: [
      "The person: breathing as usual?",
      "Do what the device's display says.",
      "Sensor, cable, battery?",
    ],
    spoken: "A device itself is alarming. Please see what it says.",
  },
  DEV_BATTERY: {
    title: "Device battery low",
    check: [
      "The person is still being watched.",
      "Charge the device, or change its batteries.",
      "Can it stay on the charger all night?",
    ],
    spoken: "A device's battery is low. Please charge it.",
  },
  DEVICE_SWAPPED: {
    title: "Not the usual device",
    check: [
      "The person: is this the device on them?",
      "Compare the number on the device with the page.",
      "Mixed up: change back. New: tell the technician.",
    ],
    spoken: "This is not the usual device. Please go and look.",
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
  CALL_DEVICE_OFFLINE: {
    title: "Call button not working",
    check: [
      "Go to the bed: the person cannot call now.",
      "Give them a bell or another way to call.",
      "Call device: on, battery, cable, radio?",
      "Cannot mend it: stay within earshot.",
    ],
    spoken: "The call button does not work. Please go to the bed.",
  },
  CLOCK_DRIFT: {
    title: "Device clock is wrong",
    check: [
      "The person is watched as usual; only times differ.",
      "Set the device's clock by day.",
      "It comes back: tell the technician.",
    ],
    spoken: "A device's clock is wrong.",
  },
  NET_DOWN: {
    title: "Phones cannot be reached",
    check: [
      "Stay within earshot of the person.",
      "Alarms ring here in the house, not on phones.",
      "Router: power, lights? Internet working?",
    ],
    spoken: "Phones cannot be reached. Please stay within earshot.",
  },
  EDGE_OFFLINE: {
    title: "Bedside box silent",
    check: [
      "The person first. We cannot see them now.",
      "Bedside box: power, light on?",
      "Router, Wi-Fi, internet?",
      "Cannot mend it: somebody stays with the person.",
    ],
    spoken: "The bedside box is silent. Please look at the person.",
  },
  PHONE_UNREACHABLE: {
    title: "A phone will not ring",
    check: [
      "Alarms still work, but this phone would miss them.",
      "Phone: on, charged, online, sound up?",
      "Open Breathwatch on it.",
      "Cannot mend it: somebody else takes the night.",
    ],
    spoken: "One phone would not ring tonight.",
  },
  NOBODY_ON_CALL: {
    title: "Nobody is on call",
    check: [
      "Who listens for the person tonight? Settle it now.",
      "Start the night on that phone.",
      "Does the phone ring? Test the alarm.",
    ],
    spoken: "Nobody is on call tonight.",
  },
  ESCALATION_EXHAUSTED: {
    title: "Nobody has answered",
    check: [
      "Go now. Look at the person first.",
      "Then answer the alarm, so that the others know.",
      "Alone and in need: follow your emergency plan.",
    ],
    spoken: "Nobody has answered. Somebody please go now.",
  },
  TEST_OVERDUE: {
    title: "Alarm test is due",
    check: [
      "Alarms still work; the last test is long ago.",
      "Test the alarm while everybody is awake.",
      "Does every phone ring? Is it loud enough?",
    ],
    spoken: "The alarm has not been tested for a while.",
  },
  STORAGE_FULL: {
    title: "Storage is full",
    check: [
      "Alarms still work. The night may not be recorded.",
      "Leave the box switched on.",
      "Tell your technician in the morning.",
    ],
    spoken: "The storage is full. Alarms still work.",
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
  JOURNAL_DAMAGED: {
    title: "Alarm record damaged",
    check: [
      "Look at the person: an open alarm may be missing.",
      "Is the watch on? Are the limits right?",
      "Keep the machine's own alarms on.",
      "Tell your technician.",
    ],
    spoken: "The alarm record is damaged. Please look at the person.",
  },
  STATE_DAMAGED: {
    title: "Phone list damaged",
    check: [
      "Alarms still work here. Stay where you can hear it.",
      "Look at the list of phones: who is missing?",
      "Sign in anew and set up the phones that are missing.",
      "Tell your technician.",
    ],
    spoken: "The list of people and phones is damaged. A phone may not ring.",
  },
  KEY_MISSING: {
    title: "The box's key is missing",
    check: [
      "Alarms still work here. No phone will ring.",
      "Stay where you can hear it.",
      "Put the stick with the key back in; the rest follows by itself.",
      "No stick: tell your technician.",
    ],
    spoken: "The key of this box is missing. No phone will ring.",
  },
  BOX_PUT_OUT: {
    title: "The hub let this box go",
    check: [
      "Alarms still work here, and ring in this house.",
      "Phones away from home can ring, and not answer.",
      "Meant so: pair it again, or wipe it.",
      "Not meant so: tell your technician.",
    ],
    spoken: "This box no longer belongs to its hub. Alarms still work.",
  },
  CERTIFICATE_ENDING: {
    title: "Certificate ends soon",
    check: [
      "Alarms still work. Once it has ended, phones refuse the page.",
      "How many days: technician's page, The box itself.",
      "Tell your technician in the morning.",
    ],
    spoken: "The certificate of this box ends soon. Alarms still work.",
  },
  CERTIFICATE_EXPIRED: {
    title: "Certificate has ended",
    check: [
      "Alarms still work here. Phones may refuse the page.",
      "Stay where you can hear the box tonight.",
      "Is the date of the box right?",
      "Call your technician today: a new certificate is needed.",
    ],
    spoken: "The certificate has ended. Phones may not open the page.",
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
  ALARM_OFF_REMINDER: {
    title: "An alarm is off",
    check: [
      "One of the person's alarms is switched off.",
      "Still wanted: nothing to do.",
      "Not wanted: ask the therapist to switch it on.",
    ],
    spoken: "A reminder. An alarm is switched off.",
  },
  LIMITS_WIDENED: {
    title: "Limits are wider now",
    check: [
      "The person's limits are wider for a time.",
      "They go back by themselves; the page says when.",
      "Not wanted: ask the therapist to take it back.",
    ],
    spoken: "A reminder. Some limits are wider for a time.",
  },
  WATCH_REARM: {
    title: "Signals are back",
    check: [
      "Is the person back in bed? Start the watch.",
      "Not yet back: nothing to do.",
      "A sensor left on? It may be switched off.",
    ],
    spoken: "Signals are back. The watch can be started again.",
  },
  CARE_DUE: {
    title: "Care is due",
    check: [
      "Is the person at rest? It may wait a little.",
      "Done: mark it on the page.",
      "Too often, too seldom? Change the care plan by day.",
    ],
    spoken: "Care is due.",
  },
} as const;
