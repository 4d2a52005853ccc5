/** As GATT profiles spell a UUID: lower case, no dashes, four digits where it is one of the SIG's. */
export function plainUuid(text: string): string {
  const uuid = text.toLowerCase().replaceAll("-", "");
  return SIG_UUID.exec(uuid)?.[1] ?? uuid;
}

const SIG_UUID = /^0000([\da-f]{4})00001000800000805f9b34fb$/;

/** Whether a plain UUID is the one that a profile names; a `*` at the end of that stands for any rest. */
export const fitsUuid = (uuid: string, wanted: string): boolean =>
  wanted.endsWith("*") ? uuid.startsWith(wanted.slice(0, -1)) : uuid === wanted;
