import Type, { type Static } from "typebox";

/** The section `store` of the configuration: where the numbers of the nights lie. */
const closed = { additionalProperties: false } as const;

export const StoreSchema = Type.Object(
  {
    engine: Type.Optional(
      Type.Union([Type.Literal("sqlite"), Type.Literal("influxdb"), Type.Literal("mirror")], {
        default: "sqlite",
        description:
          "sqlite: a file in the data folder; influxdb: an InfluxDB and nothing here; mirror: the file, and everything " +
          "also in an InfluxDB or a VictoriaMetrics (docs/stores.md).",
      }),
    ),
    influxdb: Type.Optional(
      Type.Object(
        {
          url: Type.String({
            pattern: "^https?://[^/?#@]+(/[^?#]*)?$",
            description: "Its address, http://127.0.0.1:8086.",
          }),
          database: Type.Optional(
            Type.String({
              pattern: "^[A-Za-z0-9_-]{1,64}$",
              default: "breathwatch",
              description: "Its database.",
            }),
          ),
          api: Type.Optional(
            Type.Union([Type.Literal("v1"), Type.Literal("v2")], {
              default: "v1",
              description:
                "How it is written to: v1 (every InfluxDB), or v2 (InfluxDB 2 and 3, VictoriaMetrics).",
            }),
          ),
          username: Type.Optional(Type.String({ minLength: 1 })),
          password: Type.Optional(Type.String({ minLength: 1 })),
          token: Type.Optional(Type.String({ minLength: 1, description: "In place of name and password." })),
          bucket: Type.Optional(
            Type.String({ minLength: 1, description: "v2: default the database's name." }),
          ),
          org: Type.Optional(Type.String({ minLength: 1, description: "v2: the organisation." })),
        },
        closed,
      ),
    ),
  },
  { ...closed, description: "Where numbers, waveforms and alarm events are kept." },
);

type StoreFile = Static<typeof StoreSchema>;

/** The section `store` after defaults. */
export interface StoreConfig {
  readonly engine: "sqlite" | "influxdb" | "mirror";
  /** There for the engines that need it. */
  readonly influxdb?: {
    readonly url: string;
    readonly database: string;
    readonly api: "v1" | "v2";
    readonly username?: string;
    readonly password?: string;
    readonly token?: string;
    readonly bucket?: string;
    readonly org?: string;
  };
}

/** What the schema cannot say of it; undefined: nothing is wrong. */
export function storeProblem(
  store: StoreFile | undefined,
): { readonly path: string; readonly what: string; readonly fix: string } | undefined {
  const { engine = "sqlite", influxdb } = store ?? {};
  if (engine !== "sqlite" && influxdb === undefined) {
    return {
      path: "/store",
      what: `the engine ${engine} needs a server`,
      fix: 'Add "influxdb" with its url.',
    };
  }
  if (influxdb?.password !== undefined && influxdb.username === undefined) {
    return { path: "/store/influxdb", what: "a password without a username", fix: 'Add "username".' };
  }
  return undefined;
}

export function storeWithDefaults(store: StoreFile | undefined): StoreConfig {
  const { engine = "sqlite", influxdb } = store ?? {};
  if (influxdb === undefined) return { engine };
  return {
    engine,
    influxdb: { ...influxdb, database: influxdb.database ?? "breathwatch", api: influxdb.api ?? "v1" },
  };
}
