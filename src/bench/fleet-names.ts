/** The id of one of a fleet's homes: ten letters of base 32, by the digits of base 26. */
export const homeName = (home: number): string =>
  Array.from({ length: 10 }, (_, place) =>
    String.fromCharCode(97 + (Math.floor(home / 26 ** (9 - place)) % 26)),
  ).join("");
