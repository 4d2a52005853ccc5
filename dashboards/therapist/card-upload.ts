import type { ImportQuery, ImportState } from "../../src/server/contract/import.ts";
import { createZip, ZIP_FILES_MAX } from "../../src/wire/zip.ts";
import { type Answer, type Api, hasKeys } from "../shared/api.ts";

/** A file as a browser hands it over. */
export interface BroughtFile {
  /** With the folders above it, without the one that was chosen. */
  readonly path: string;
  readonly content: Blob;
}

/** Pieces that the box takes, small enough for a slow network within the time of a request. */
const PIECE_BYTES = 1 << 20;
/** What the box takes altogether. */
const UPLOAD_BYTES_MAX = 512 << 20;

/** A file that was chosen, by itself or with its folder. */
export interface ChosenFile extends Blob {
  readonly name: string;
  /** Beginning with the folder that was chosen; empty for a file by itself. */
  readonly webkitRelativePath: string;
}

/** What was chosen: its files, without what computers leave on cards. */
export function broughtFiles(files: Iterable<ChosenFile>): readonly BroughtFile[] {
  return [...files].flatMap((file) => {
    const parts = file.webkitRelativePath === "" ? [file.name] : file.webkitRelativePath.split("/").slice(1);
    const isLitter = parts.some((part) => LITTER.test(part));
    return isLitter ? [] : [{ path: parts.join("/"), content: file }];
  });
}

const LITTER =
  /^(?:\.Trash.*|\.Spotlight.*|\.fseventsd|__MACOSX|System Volume Information|\._.*|\.DS_Store|Thumbs\.db)$/;

/**
 * One file as it is, several as a zip. The zip refers to the files: a card is not copied into the memory of a phone.
 * Undefined for more than the box takes. Rejects when a file cannot be read, or with the signal's reason.
 */
export async function packed(
  files: readonly BroughtFile[],
  signal: AbortSignal,
  onFile: (done: number) => void,
): Promise<{ readonly name: string; readonly content: Blob } | undefined> {
  const bytes = files.reduce((sum, { content }) => sum + content.size, 0);
  if (bytes > UPLOAD_BYTES_MAX || files.length > ZIP_FILES_MAX) return undefined;
  const [only, ...others] = files;
  if (only !== undefined && others.length === 0) return { name: only.path, content: only.content };
  const zip = createZip();
  const parts: (Blob | Uint8Array<ArrayBuffer>)[] = [];
  for (const [index, { path, content }] of files.entries()) {
    signal.throwIfAborted();
    parts.push(zip.begin(path));
    for (let at = 0; at < content.size; at += PIECE_BYTES) {
      zip.data(new Uint8Array(await content.slice(at, at + PIECE_BYTES).arrayBuffer()));
    }
    parts.push(content, zip.end());
    onFile(index + 1);
  }
  parts.push(zip.close());
  const content = new Blob(parts);
  return content.size > UPLOAD_BYTES_MAX ? undefined : { name: "card.zip", content };
}

const isState = hasKeys<ImportState>("family", "phase", "received", "nights", "rows");

/**
 * Sends it piece by piece. Ends with the state after the last piece, with the first trouble, or with undefined when the
 * signal aborts.
 */
export async function send(
  api: Pick<Api, "sendBytes">,
  path: string,
  { family, name, content }: { readonly family: string; readonly name: string; readonly content: Blob },
  signal: AbortSignal,
  onSent: (percent: number) => void,
): Promise<Answer<ImportState> | undefined> {
  for (let at = 0; ; at += PIECE_BYTES) {
    if (signal.aborted) return undefined;
    const last = at + PIECE_BYTES >= content.size;
    const query: ImportQuery = {
      ...{ family, name, at: String(at) },
      last: last ? "true" : "false",
      total: String(content.size),
    };
    const piece = content.slice(at, at + PIECE_BYTES);
    const answer = await api.sendBytes(
      `${path}?${new URLSearchParams({ ...query }).toString()}`,
      piece,
      isState,
    );
    if (!answer.ok || last) return answer;
    onSent(Math.floor((100 * (at + PIECE_BYTES)) / content.size));
  }
}
