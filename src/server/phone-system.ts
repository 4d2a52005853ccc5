/** Systems by how they name themselves to web servers; the first that is found counts. */
const SYSTEMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["iOS", /(?:iPhone|CPU) OS (\d+)/],
  ["HarmonyOS", /HarmonyOS[ /](\d+)/i],
  ["Android", /Android (\d+)/],
  ["Windows", /Windows NT (\d+)/],
  ["ChromeOS", /CrOS \S+ (\d+)/],
  ["macOS", /Mac OS X (\d+)/],
  ["Linux", /Linux()/],
];
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["Firefox", /(?:Firefox|FxiOS)\/(\d+)/],
  ["Edge", /Edg[A-Za-z]*\/(\d+)/],
  ["Samsung Internet", /SamsungBrowser\/(\d+)/],
  ["Opera", /OPR\/(\d+)/],
  ["Chrome", /(?:Chrome|CriOS)\/(\d+)/],
  ["Safari", /Version\/(\d+)[\d.]* (?:Mobile\S* )?Safari/],
];

/**
 * What runs on a phone, from what its browser says of itself: "iOS 17, Safari 17". Main versions alone: an update of one of
 * them may silence notifications, a patch is not worth a drill. Undefined where neither is known.
 */
export function phoneSystem(userAgent: string | undefined): string | undefined {
  const text = userAgent?.slice(0, 500) ?? "";
  const found = [SYSTEMS, BROWSERS].flatMap((list) => {
    for (const [name, pattern] of list) {
      const match = pattern.exec(text);
      if (match !== null) return [`${name} ${match[1] ?? ""}`.trim()];
    }
    return [];
  });
  return found.length === 0 ? undefined : found.join(", ");
}
