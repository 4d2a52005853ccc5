import Type, { type Static } from "typebox";
import { KeysSchema } from "./keys.ts";
import { OidcSchema } from "./oidc.ts";
import { SounderSchema } from "./sounder.ts";
import { StoreSchema } from "./store.ts";

/**
 * The configuration file as one declaration: type, validation and the reference in docs/configuration.md come from
 * it. It holds wiring only; people, phones, limits and duty live in the state store (design, section 6).
 */
const closed = { additionalProperties: false } as const;

const TimeOfDay = Type.String({
  pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$",
  description: "Local time of day as HH:MM.",
});

const DeviceSchema = Type.Object(
  {
    family: Type.String({ description: "Device family, as `breathwatch devices` lists it." }),
    port: Type.String({
      minLength: 1,
      description:
        "Where the device is: a serial port, best as /dev/serial/by-id/..., or another address of docs/links.md; `memory:` and `replay:FILE` are simulated and marked so.",
    }),
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 60, description: "Name on the pages." })),
    insist: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Use it all the same where `breathwatch devices` says that this family cannot be the sensor of a night.",
      }),
    ),
    options: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        description: "Options of the family; see its README.",
      }),
    ),
  },
  closed,
);

const BedSchema = Type.Object(
  {
    id: Type.String({ pattern: "^b[1-9][0-9]?$", description: "b1, b2..." }),
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 60, description: "Name on the pages." })),
    dependencyClass: Type.Optional(
      Type.Union([Type.Literal("A"), Type.Literal("B"), Type.Literal("C")], {
        default: "B",
        description:
          "A: ventilated at night only; B: more than 12 to 16 h a day; C: cannot breathe alone. Sets priorities and delays.",
      }),
    ),
    watch: Type.Optional(
      Type.Object(
        { from: TimeOfDay, to: TimeOfDay },
        { ...closed, description: "Daily watch; default 21:00 to 09:00." },
      ),
    ),
    devices: Type.Array(DeviceSchema, { minItems: 1, maxItems: 12, description: "In rank order." }),
  },
  closed,
);

export const HomeConfigSchema = Type.Object(
  {
    zone: Type.Optional(Type.String({ description: "IANA time zone of the beds; default: the machine's." })),
    language: Type.Optional(
      Type.Union([Type.Literal("zh-Hans"), Type.Literal("zh-Hant"), Type.Literal("en")], {
        default: "en",
        description: "Language of messages to people who chose none.",
      }),
    ),
    dataDir: Type.Optional(
      Type.String({ minLength: 1, description: "Data folder; default ./.breathwatch." }),
    ),
    beds: Type.Optional(
      Type.Array(BedSchema, {
        minItems: 1,
        maxItems: 8,
        description: "The beds of this home; a hub has none of its own.",
      }),
    ),
    hub: Type.Optional(
      Type.Object(
        {
          name: Type.String({
            minLength: 1,
            maxLength: 60,
            description: "Name of the clinic or programme, as pages and boxes show it.",
          }),
          boxes: Type.Optional(
            Type.Object(
              {
                url: Type.Optional(
                  Type.String({
                    pattern: "^mqtts?://",
                    description:
                      "Address of the broker as boxes reach it; default mqtts://<web.name>:<port>.",
                  }),
                ),
                host: Type.Optional(
                  Type.String({
                    default: "0.0.0.0",
                    description:
                      "Embedded broker: address that boxes connect to, with the certificate of web.tls.",
                  }),
                ),
                port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, default: 8883 })),
              },
              closed,
            ),
          ),
          oidc: Type.Optional(OidcSchema),
        },
        {
          ...closed,
          description: "Makes this configuration one of a hub of many homes (`breathwatch hub`).",
        },
      ),
    ),
    deviceModules: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        maxItems: 20,
        description:
          "Device families from outside the project: their module files, relative to this file. They run with all " +
          "rights of Breathwatch; name only what you trust.",
      }),
    ),
    channelModules: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        maxItems: 20,
        description:
          "Ways to reach people from outside the project: their module files, relative to this file. They run with all " +
          "rights of Breathwatch; name only what you trust. One that cannot be used is left out, and told.",
      }),
    ),
    web: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Type.String({ default: "127.0.0.1", description: "Address to listen on." })),
          port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, default: 8420 })),
          name: Type.Optional(
            Type.String({
              description: "Host name that phones use, for example home.example or breathwatch.local.",
            }),
          ),
          otherNames: Type.Optional(
            Type.Array(Type.String({ pattern: "^(\\*\\.)?[\\w.-]{1,253}$" }), {
              maxItems: 20,
              description:
                "Further host names that the pages answer to, as a proxy or a router gives them; *.home.example is one label. Addresses, localhost, web.name, this machine's name and those of the certificate need not be here.",
            }),
          ),
          tls: Type.Optional(
            Type.Object(
              {
                cert: Type.String({ description: "PEM file of the certificate chain." }),
                key: Type.String({ description: "PEM file of the private key." }),
              },
              closed,
            ),
          ),
          ownAuthority: Type.Optional(
            Type.Boolean({
              default: false,
              description:
                "Instead of tls: certificates for web.name by an authority of this machine's own, made at the first start. Phones take it over at /ca.",
            }),
          ),
        },
        closed,
      ),
    ),
    bus: Type.Optional(
      Type.Object(
        {
          url: Type.Optional(
            Type.String({
              pattern: "^mqtts?://",
              description: "An outside broker; without it one is embedded.",
            }),
          ),
          host: Type.Optional(
            Type.String({ default: "127.0.0.1", description: "Embedded broker: address." }),
          ),
          port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, default: 1883 })),
          username: Type.Optional(Type.String({ minLength: 1 })),
          password: Type.Optional(Type.String({ minLength: 1 })),
        },
        closed,
      ),
    ),
    channels: Type.Optional(
      Type.Object(
        {
          webPush: Type.Optional(
            Type.Object(
              {
                subject: Type.String({
                  pattern: "^(mailto:.+@.+|https://.+)$",
                  description: "Whom a push service may write to: mailto: or https: address (RFC 8292).",
                }),
                allowPrivateEndpoints: Type.Optional(
                  Type.Boolean({ default: false, description: "Allow push services on the local network." }),
                ),
              },
              closed,
            ),
          ),
          webhooks: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  label: Type.String({ minLength: 1, maxLength: 60 }),
                  url: Type.String({ pattern: "^https?://" }),
                  secret: Type.String({
                    minLength: 16,
                    description: "Key of the signature; at least 16 characters.",
                  }),
                },
                closed,
              ),
              { maxItems: 20 },
            ),
          ),
        },
        closed,
      ),
    ),
    security: Type.Optional(
      Type.Object(
        {
          keyFile: Type.Optional(
            Type.String({
              minLength: 1,
              description:
                "File with the key that names, secrets and nights are encrypted with; made at the first start. Best on " +
                "another medium than the data, with a copy elsewhere. Default: `key` in the data folder.",
            }),
          ),
        },
        closed,
      ),
    ),
    metrics: Type.Optional(
      Type.Object(
        {
          token: Type.String({
            minLength: 16,
            maxLength: 200,
            pattern: "^[!-~]+$",
            description:
              "What Prometheus sends as `Authorization: Bearer ...`; at least 16 characters. Without it only technicians and owners who are signed in read them.",
          }),
        },
        { ...closed, description: "Counters and gauges for Prometheus at /metrics." },
      ),
    ),
    homeAssistant: Type.Optional(
      Type.Object(
        {
          prefix: Type.Optional(
            Type.String({
              pattern: "^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
              default: "homeassistant",
              description: "Where Home Assistant looks for announcements on the same broker.",
            }),
          ),
        },
        {
          ...closed,
          description:
            "Announces the beds to Home Assistant over the broker. In `home` alone: `edge` and `hub` say that they do not.",
        },
      ),
    ),
    relay: Type.Optional(
      Type.Object(
        {
          server: Type.String({
            pattern: "^https?://[^/?#]+/?$",
            description: "An ntfy server that phones away from home can reach, and this box too.",
          }),
          token: Type.Optional(
            Type.String({ minLength: 1, description: "Access token of that server, where it wants one." }),
          ),
        },
        {
          ...closed,
          description:
            "A letter box outside the house for answers of phones, for a box that cannot be reached from outside.",
        },
      ),
    ),
    audio: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(
            Type.Boolean({ default: true, description: "House sounder on this machine." }),
          ),
          device: Type.Optional(Type.String({ description: "Audio output as the sound system names it." })),
          server: Type.Optional(
            Type.String({
              pattern: "^(?:unix:/.+|tcp:(?:127\\.0\\.0\\.1|localhost)(?::[0-9]{1,5})?)$",
              description:
                "PulseAudio or PipeWire server to play through: unix:/PATH or tcp:127.0.0.1:4713; " +
                "default: the one of the user that runs Breathwatch, where there is one.",
            }),
          ),
        },
        closed,
      ),
    ),
    sounder: Type.Optional(SounderSchema),
    keys: Type.Optional(KeysSchema),
    keep: Type.Optional(
      Type.Object(
        {
          waveDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650, default: 14 })),
          numberDays: Type.Optional(Type.Integer({ minimum: 30, maximum: 36500, default: 3650 })),
          gigabytes: Type.Optional(
            Type.Number({
              minimum: 0.1,
              maximum: 100_000,
              description:
                "What the store may fill; default half of the disk. Waveforms go before numbers, alarms never.",
            }),
          ),
        },
        { ...closed, description: "How long the store keeps waveforms and numbers." },
      ),
    ),
    log: Type.Optional(
      Type.Object(
        {
          level: Type.Optional(
            Type.Union(
              [Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")],
              { default: "warn", description: "What is told; --log of the command line counts more." },
            ),
          ),
          file: Type.Optional(
            Type.String({
              minLength: 1,
              description: "A file instead of stderr, where no service manager keeps the log.",
            }),
          ),
          megabytes: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1000,
              default: 10,
              description: "A longer file is put aside.",
            }),
          ),
          keep: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 100,
              default: 5,
              description: "How many files are kept that were put aside.",
            }),
          ),
        },
        { ...closed, description: "The program's own log; it holds nothing personal." },
      ),
    ),
    store: Type.Optional(StoreSchema),
  },
  closed,
);

/** The file as written. */
export type ConfigFile = Static<typeof HomeConfigSchema>;
