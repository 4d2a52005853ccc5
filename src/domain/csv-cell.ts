/**
 * One cell of a CSV file. Numbers stay as they are; a text that a spreadsheet would take for a formula gets an apostrophe in
 * front (OWASP, CSV injection); commas, quotes and line ends are quoted (RFC 4180).
 */
export function csvCell(text: string): string {
  const isNumber = /^-?[0-9]+(\.[0-9]+)?$/.test(text);
  const safe = !isNumber && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
