import type { HttpResponse } from "../port/http.ts";

/** At most so many characters, whole ones; half characters (lone surrogates), which providers refuse, are replaced. */
export function cutCharacters(text: string, most: number): string {
  const characters = Array.from(text.toWellFormed());
  return characters.length <= most ? characters.join("") : `${characters.slice(0, most - 1).join("")}…`;
}

/** At most so many bytes of UTF-8, by whole characters; half characters are replaced. */
export function cutBytes(given: string, most: number): string {
  const text = given.toWellFormed();
  if (Buffer.byteLength(text) <= most) return text;
  let bytes = 0;
  let kept = "";
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most - 3) break;
    kept += character;
  }
  return `${kept}…`;
}

/** One line without control characters; undefined when nothing is left of it. For names that others chose. */
export function cleanName(name: unknown, most = 60): string | undefined {
  if (typeof name !== "string") return undefined;
  const clean = name.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return clean === "" ? undefined : cutCharacters(clean, most);
}

/** An answer that may repeat what it was asked, without the secrets of the question: its words go into logs. */
export function answerWithout(response: HttpResponse, secrets: readonly string[]): HttpResponse {
  let { body } = response;
  for (const secret of secrets) if (secret.length >= 4) body = body.replaceAll(secret, "(secret)");
  return { ...response, body };
}
