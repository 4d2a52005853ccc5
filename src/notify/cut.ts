/** The beginning of a text, at most so many characters (code points); never half of one. */
export function cutToLength(text: string, most: number): string {
  const characters = Array.from(text.toWellFormed());
  return characters.length <= most ? characters.join("") : `${characters.slice(0, most - 1).join("")}…`;
}

/** The beginning of a text, at most so many bytes of UTF-8; never half of a character. */
export function cutToBytes(text: string, most: number): string {
  const whole = text.toWellFormed();
  if (Buffer.byteLength(whole) <= most) return whole;
  const room = most - Buffer.byteLength("…");
  let bytes = 0;
  let end = 0;
  for (const character of whole) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    end += character.length;
  }
  return `${whole.slice(0, end)}…`;
}
