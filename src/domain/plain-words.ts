const LONGEST_WORDS = 200;

/**
 * Words of a device, a file or a neighbour, fit to be shown, logged and printed on a terminal: without control and
 * direction characters (U+FFFD stands in their place), 200 characters at most.
 */
export const plainWords = (text: string): string =>
  text.length <= LONGEST_WORDS && !CONTROL.test(text)
    ? text
    : text.slice(0, LONGEST_WORDS).replaceAll(new RegExp(CONTROL, "gu"), "\uFFFD");

/** Control characters, line and paragraph separators, and what turns the direction of writing round. */
const CONTROL = /[\p{Cc}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
