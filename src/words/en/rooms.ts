/** What the house itself says softly in a patient's room, and what pages say of rooms, lamps and buttons. */
export const rooms = {
  helpCalled: "Help has been called.",
  coming: "{name} is coming.",
  somebodyComing: "Somebody is coming.",
  button: "the button by the bed",
  caregiverOk: "Sound ready: {name}",
  caregiverNone: "NO SOUND: {name}",
  patientOk: "Soft voice ready: {name}",
  patientNone: "NO VOICE: {name}",
  outputOk: "Lamp or shaker ready: {name}",
  outputNone: "LAMP OR SHAKER DOES NOT WORK: {name}",
  keyOk: "Button ready: {name}",
  keyNone: "BUTTON DOES NOT WORK: {name}",
} as const;
