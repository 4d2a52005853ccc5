/**
 * What alarms that belong together have in common: one sentence with its evidence, and what to look at first.
 * `probably`, because a machine guesses; the person in the bed is looked at whatever it says.
 */
export const causes = {
  patient_calls: {
    title: "The patient is calling",
    sentence: "The patient is calling: {evidence}",
    actions: ["go to the bed", "mask or tube", "suction", "ask what is needed"],
    spoken: "You are being called to the bed.",
  },
  ventilator_off: {
    title: "Ventilator is off",
    sentence: "Ventilator is off: {evidence}",
    actions: ["person", "switch it on", "plug and power", "spare or hand bag"],
    spoken: "The ventilator is off. Go now.",
  },
  circuit_off: {
    title: "Hose probably off",
    sentence: "Hose probably off: {evidence}",
    actions: ["tube at the person", "hose", "machine", "suction"],
    spoken: "The hose is probably off. Go now.",
  },
  mask_off: {
    title: "Mask probably off",
    sentence: "Mask probably off: {evidence}",
    actions: ["mask", "tube", "machine", "suction"],
    spoken: "The mask is probably off. Please go now.",
  },
  obstruction: {
    title: "Secretions or a kink",
    sentence: "Secretions or a kink, probably: {evidence}",
    actions: ["person", "suction", "hose not kinked", "machine"],
    spoken: "Secretions, or a kink in the hose. Go now.",
  },
  large_leak: {
    title: "Large leak",
    sentence: "Large leak: {evidence}",
    actions: ["mask or cuff", "mouth open?", "hose and connectors", "machine"],
    spoken: "There is a large leak. Please go and look.",
  },
  hypoventilation: {
    title: "Too little breathing",
    sentence: "Too little breathing, probably: {evidence}",
    actions: ["person: easy to wake?", "head and position", "mask and leak", "machine"],
    spoken: "The breaths are too small. Please go and look.",
  },
  mains_lost: {
    title: "Ventilator without mains",
    sentence: "Ventilator without mains power: {evidence}",
    actions: ["person", "plug at the wall", "plug at the machine", "spare battery"],
    spoken: "The ventilator has no mains power. Please check the plug.",
  },
  sensor_off: {
    title: "Finger sensor off",
    sentence: "Finger sensor probably off: {evidence}",
    actions: ["person", "sensor on the finger", "cable", "oximeter on"],
    spoken: "The finger sensor is probably off. Please look at the person.",
  },
  sensor_failing: {
    title: "Finger sensor doubtful",
    sentence: "The finger sensor cannot be trusted now: {evidence}",
    actions: ["person", "warm the hand", "another finger", "oximeter"],
    spoken: "The finger sensor cannot be trusted now. Please look at the person.",
  },
  link_lost: {
    title: "Device not heard",
    sentence: "A device is no longer heard: {evidence}",
    actions: ["person", "device on?", "cable or radio", "stay with the person"],
    spoken: "A device is no longer heard. Please look at the person.",
  },
  box_lost: {
    title: "Bedside box silent",
    sentence: "The bedside box is silent: {evidence}",
    actions: ["person", "power of the box", "network", "stay with the person"],
    spoken: "The bedside box is silent. Please look at the person.",
  },
  /** The parts of a card around its sentence. */
  card: {
    first: "Look first at",
    /** One action with its number. */
    action: "{count} {what}",
    members: "Belonging to it",
    another: "and {count} more",
  },
  /** What a device says of itself, unchanged, in a frame that tells whose words they are. */
  own: {
    ventilator: "The ventilator itself alarms: {text}",
    device: "{name} itself alarms: {text}",
  },
  /** One piece of evidence each; joined by `joiner`. */
  evidence: {
    joiner: ", ",
    names: {
      spo2: "oxygen",
      pulse_rate: "pulse",
      perfusion_index: "perfusion",
      leak: "leak",
      pressure_peak: "pressure",
      tidal_volume_exp: "breath volume",
      minute_volume: "minute volume",
      resp_rate: "breaths a minute",
      apnea_duration: "time without a breath",
      tcco2: "CO₂ at the skin",
      etco2: "CO₂ breathed out",
      battery_percent: "battery",
      battery_minutes: "battery minutes",
      mains: "mains power",
      therapy: "ventilation",
      seconds: "seconds",
    },
    /** Way that it went; `none` where it went none, `reason` where there is a reason instead of a number. */
    trends: {
      up: "{signal} {value} up",
      down: "{signal} {value} down",
      falling: "{signal} {value} falling",
      gone: "{signal}: no data",
      none: "{signal} {value}",
      reason: "{signal}: {value}",
    },
    /** Names that need words of their own, whatever way they went, except `gone` where it stands here too. */
    special: {
      apnea_duration: { any: "no breath for {value} s", gone: "breaths: no data" },
      battery_percent: { any: "battery {value} %", gone: "battery: no data" },
      battery_minutes: { any: "{value} min of battery left", gone: "battery: no data" },
      seconds: { any: "for {value} s", gone: "no data" },
    },
    /** On or off, by what it is now. */
    switched: {
      mains: { on: "mains power on", off: "mains power out", gone: "mains power: no data" },
      therapy: { on: "ventilation on", off: "ventilation off", gone: "ventilation: no data" },
      remote_alarm: {
        on: "the machine itself alarms",
        off: "the machine itself is silent",
        gone: "alarm contact: no data",
      },
    },
    nothing: "no data",
  },
} as const;
