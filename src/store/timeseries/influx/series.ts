import Type from "typebox";
import { Check } from "typebox/value";
import { Fault } from "../../../domain/fault.ts";

const AnswerSchema = Type.Object({
  results: Type.Array(
    Type.Object({
      error: Type.Optional(Type.String()),
      partial: Type.Optional(Type.Boolean()),
      series: Type.Optional(
        Type.Array(
          Type.Object({
            name: Type.Optional(Type.String()),
            tags: Type.Optional(Type.Record(Type.String(), Type.String())),
            columns: Type.Array(Type.String()),
            // A night has 86,400 rows: they are looked at by hand, which takes a tenth of the time.
            values: Type.Unknown(),
          }),
        ),
      ),
    }),
  ),
});

/** Rows of one group of an InfluxQL answer; the column `time` holds milliseconds (`epoch=ms`). */
export interface Series {
  readonly name?: string;
  readonly tags?: { readonly [name: string]: string };
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

/** One row of a series, by column; undefined for a column that is not there, empty, or of another type. */
export interface SeriesRow {
  number(column: string): number | undefined;
  text(column: string): string | undefined;
  truth(column: string): boolean;
}

/**
 * The groups of an InfluxQL answer about one measurement (absent: about none); throws STORE_FAILED for one that says
 * no, is cut short, or is the same whatever is asked, as VictoriaMetrics' is.
 */
export function readSeries(body: string, measurement?: string): readonly Series[] {
  const parsed = parse(body);
  if (!Check(AnswerSchema, parsed))
    throw new Fault("STORE_FAILED", "the server's answer is not an InfluxQL answer");
  return parsed.results.flatMap(({ error, partial, series = [] }) => {
    if (error !== undefined) throw new Fault("STORE_FAILED", `the server refused a query: ${error}`);
    if (partial === true) throw new Fault("STORE_FAILED", "the server cut its answer short (max-row-limit)");
    if (measurement !== undefined && series.some(({ name }) => name !== measurement)) throw notReadable();
    return series.map(({ values, ...group }) => ({ ...group, values: cellsOf(values) }));
  });
}

function cellsOf(values: unknown): readonly (readonly unknown[])[] {
  if (Array.isArray(values) && values.every((cells: unknown) => Array.isArray(cells))) return values;
  throw new Fault("STORE_FAILED", "the server's answer has no rows where rows should be");
}

const notReadable = (): Fault =>
  new Fault("STORE_FAILED", "this server takes numbers, but cannot be asked for them by InfluxQL", {
    fix: "Use store.engine: mirror, which reads from the store on this machine (docs/stores.md).",
  });

/** The rows of a series. */
export function* rowsOf({ columns, values }: Series): Generator<SeriesRow> {
  const places = new Map(columns.map((name, index) => [name, index]));
  for (const cells of values) {
    const at = (column: string): unknown => cells[places.get(column) ?? -1];
    yield {
      number: (column) => {
        const cell = at(column);
        return typeof cell === "number" ? cell : undefined;
      },
      text: (column) => {
        const cell = at(column);
        return typeof cell === "string" ? cell : undefined;
      },
      truth: (column) => at(column) === true,
    };
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Fault("STORE_FAILED", "the server's answer is not JSON", { cause: error });
  }
}

/** A text as InfluxQL's string literal. */
export const quoted = (value: string): string =>
  `'${value.replaceAll(/['\\]/g, (character) => `\\${character}`)}'`;
