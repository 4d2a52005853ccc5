import { LANGUAGES } from "../domain/person.ts";
import { wordsIn } from "../words/index.ts";

/** What a file of a family's export is; its words are words.privacy.family. */
export type FamilyFileKind =
  | "samples"
  | "waves"
  | "settings"
  | "alarms"
  | "limits"
  | "audit"
  | "care"
  | "notes"
  | "duty"
  | "record"
  | "people"
  | "commissionings"
  | "research"
  | "voices";

export interface FamilyFile {
  readonly name: string;
  readonly kind: FamilyFileKind;
}

/** The first page of a family's export: what each file is, in three languages, readable without any program of ours. */
export function familyIndex(files: readonly FamilyFile[]): string {
  const kinds = [...new Set(files.map(({ kind }) => kind))];
  const parts = LANGUAGES.map((language) => {
    const { family } = wordsIn(language).privacy;
    const lists = kinds.map((kind) => {
      const items = files
        .filter((file) => file.kind === kind)
        .map(({ name }) => `<li><a href="${encodeURIComponent(name)}">${escaped(name)}</a></li>`);
      return `<h3>${escaped(family[kind])}</h3>\n<ul>\n${items.join("\n")}\n</ul>`;
    });
    const words = [family.about, family.warning, family.simulated].map((text) => `<p>${escaped(text)}</p>`);
    return `<section lang="${language}">\n<h2>${escaped(family.title)}</h2>\n${[...words, ...lists].join("\n")}\n</section>`;
  });
  return `<!doctype html>\n<html>\n<head><meta charset="utf-8"><title>Breathwatch</title></head>\n<body>\n${parts.join("\n")}\n</body>\n</html>\n`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
