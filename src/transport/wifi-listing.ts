/** What a Wi-Fi card's listing says of one name. Sizes lag behind, and some cards give whole kilobytes. */
export interface Listed {
  readonly name: string;
  readonly folder: boolean;
  readonly bytes: number;
}

/** How a kind of card is asked; paths have `/`, no root, and are empty for the whole card. */
export interface CardStyle {
  readonly name: string;
  /** What to ask the card for, to learn what is in a folder. */
  listing(folder: string): string;
  /** Undefined where the answer is not that of such a card. */
  parse(body: string): readonly Listed[] | undefined;
  /** What to ask the card for, to get a file. */
  file(path: string): string;
}

/** Every part is bounded, and stops where the next name may begin, so that no listing takes long to read. */
const EZ_SHARE_LINE =
  /(?:(?<!\d)(\d{1,12})\s{0,16}KB|(?:<|&lt;)DIR(?:>|&gt;))\s{0,64}<a\s[^<>]{0,1000}>([^<]{0,600})<\/a>/gi;

/**
 * ez Share: lines of `2026- 2- 4    0:18:10        1KB  <a href="...">  NAME</a>`, folders with `<DIR>` in place of
 * the size. Its own links lose a character, so only the names are taken; paths must be written with `%5C`.
 */
const EZ_SHARE: CardStyle = {
  name: "ez Share",
  listing: (folder) => `/dir?dir=A:${backslashed(folder)}`,
  parse(body) {
    const found: Listed[] = [];
    for (const [, kilobytes, text = ""] of body.matchAll(EZ_SHARE_LINE)) {
      const name = lastPart(fromHtml(text).trim());
      if (isName(name))
        found.push({ name, folder: kilobytes === undefined, bytes: Number(kilobytes ?? 0) * 1024 });
    }
    return found.length > 0 || /Total Entries|ez ?share/i.test(body) ? found : undefined;
  },
  file: (path) => `/download?file=${backslashed(path)}`,
};

/** FlashAir (Toshiba, Kioxia): CSV of folder, name, bytes, attributes, date, time; a name may hold commas. */
const FLASH_AIR: CardStyle = {
  name: "FlashAir",
  listing: (folder) => `/command.cgi?op=100&DIR=/${slashed(folder)}`,
  parse(body) {
    if (!/^\s{0,16}WLANSD_FILELIST\s/.test(`${body.slice(0, 64)}\n`)) return undefined;
    const found: Listed[] = [];
    for (const [line] of body.matchAll(/[^\r\n]+/g)) {
      const [, name = "", bytes, attributes] = /^[^,]*,(.*),(\d+),(\d+),\d+,\d+$/.exec(line) ?? [];
      // Bit 4 of the FAT attributes is that of a folder, bit 3 that of the card's own name.
      const bits = Number(attributes ?? 0);
      if (isName(name) && (bits & 0x08) === 0)
        found.push({ name, folder: (bits & 0x10) !== 0, bytes: Number(bytes) });
    }
    return found;
  },
  file: (path) => `/${slashed(path)}`,
};

/** In the order in which a card is asked which of them it is. */
export const CARD_STYLES: readonly CardStyle[] = [FLASH_AIR, EZ_SHARE];

const slashed = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
const backslashed = (path: string): string => path.split("/").map(encodeURIComponent).join("%5C");

/** Some firmware lists whole paths, with either separator. */
const lastPart = (name: string): string => name.split(/[\\/]/).at(-1) ?? "";

/** A plain name of something in the folder: not the folder itself, the one above, or a way out. */
const isName = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && name.length <= 255 && !/[\\/\p{Cc}]/u.test(name);

const ENTITIES: { readonly [name: string]: string } = { lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };

function fromHtml(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name] ?? "&");
}
