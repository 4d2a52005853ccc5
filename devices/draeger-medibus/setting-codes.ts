/** A code of the device's settings. */
export interface SettingCode {
  readonly code: string;
  readonly name: string;
  readonly unit: string;
}

const setting = (code: string, name: string, unit: string): SettingCode => ({ code, name, unit });

export const SETTING_CODES: readonly SettingCode[] = [
  setting("01", "inspired oxygen", "%"),
  setting("02", "inspiratory flow", "L/min"),
  setting("04", "inspired tidal volume", "L"),
  setting("05", "inspiratory time", "s"),
  setting("06", "expiratory time", "s"),
  setting("07", "I part of I:E", "1"),
  setting("08", "E part of I:E", "1"),
  setting("09", "rate", "/min"),
  setting("0A", "minimum rate", "/min"),
  setting("0B", "PEEP", "mbar"),
  setting("0D", "lower pressure level", "mbar"),
  setting("0E", "upper pressure level", "mbar"),
  setting("0F", "time at the lower level", "s"),
  setting("10", "time at the upper level", "s"),
  setting("11", "apnea time", "s"),
  setting("12", "pressure support above PEEP", "mbar"),
  setting("13", "highest pressure", "mbar"),
  setting("16", "tachypnea (older)", ""),
  setting("17", "tachypnea (older)", ""),
  setting("29", "flow trigger", "L/min"),
  setting("2E", "slope", "s"),
  setting("40", "inspired tidal volume", "mL"),
  setting("42", "rate of apnea ventilation", "/min"),
  setting("44", "tidal volume of apnea ventilation", ""),
  setting("45", "inspiratory pressure", "mbar"),
  setting("4B", "weight", "kg"),
  setting("4E", "delay of the disconnection alarm", "s"),
  setting("63", "longest inspiratory time", "s"),
  setting("6F", "ideal body weight", "kg"),
  setting("72", "end of inspiration, share of peak flow", "%"),
  setting("85", "highest tidal volume", "mL"),
];

/** The table for README.md, in Markdown. */
export function settingTable(): string {
  const rows = SETTING_CODES.map(({ code, name, unit }) => [code, name, unit === "" ? "" : `\`${unit}\``]);
  const head = [
    ["code", "setting", "unit"],
    ["---", "---", "---"],
  ];
  return [...head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
