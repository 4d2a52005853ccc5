/** "iPhone · Safari": enough for a family to know which phone is meant. */
export function deviceLabel(userAgent: string): string {
  const systems = ["iPhone", "iPad", "Android", "HarmonyOS", "Windows", "CrOS", "Mac", "Linux"];
  const browsers = ["Firefox", "FxiOS", "Edg", "OPR", "SamsungBrowser", "Chrome", "CriOS", "Safari"];
  const names: { readonly [found: string]: string } = {
    FxiOS: "Firefox",
    Edg: "Edge",
    OPR: "Opera",
    CriOS: "Chrome",
    SamsungBrowser: "Samsung Internet",
    CrOS: "ChromeOS",
  };
  const pick = (list: readonly string[]) => list.find((name) => userAgent.includes(name));
  const parts = [pick(systems), pick(browsers)].filter((part) => part !== undefined);
  return parts.map((part) => names[part] ?? part).join(" · ") || "?";
}
