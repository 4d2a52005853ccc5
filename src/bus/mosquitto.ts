import { createHash, pbkdf2Sync } from "node:crypto";
import { type HomeId } from "../domain/ids.ts";
import type { Random } from "../port/random.ts";
import { boxRules, brokerUser, HUB_USER } from "./acl.ts";
import { PAYLOAD_BYTES_MAX } from "./broker-packets.ts";

/** Where a Mosquitto for a hub listens and keeps its things; paths as that machine has them. */
export interface MosquittoPlan {
  /** Holds its users (dynamic-security.json) and its retained messages; writable for Mosquitto alone. */
  readonly folder: string;
  /** For the hub, on this machine, in the clear. */
  readonly port: number;
  /** For boxes: PEM files, read again on SIGHUP. */
  readonly tls?: { readonly port: number; readonly certFile: string; readonly keyFile: string };
  /** Of the dynamic security plugin; Debian's is /usr/lib/<machine>-linux-gnu/mosquitto_dynamic_security.so. */
  readonly plugin: string;
  /** Linux user it runs as when root starts it; absent: its own default. */
  readonly user?: string;
}

/** One entry of an access list, as Mosquitto's dynamic security plugin takes it. */
export interface MosquittoRule {
  readonly acltype: "publishClientSend" | "publishClientReceive" | "subscribeLiteral" | "subscribePattern";
  readonly topic: string;
  readonly priority: number;
  readonly allow: boolean;
}

/** File in the plan's folder that the plugin keeps users and rules in. */
export const USERS_FILE = "dynamic-security.json";
/** Where the plugin takes orders, and answers. */
export const CONTROL_TOPIC = "$CONTROL/dynamic-security/v1";
export const CONTROL_ANSWERS = `${CONTROL_TOPIC}/response`;

const CONNECTIONS_MAX = 20_000;
/** What is sent and not acknowledged, and what waits behind it, for each client; the box has it all on its disk. */
const IN_FLIGHT_MAX = 10_000;
const QUEUED_MAX = 20_000;
/** What mosquitto_ctrl writes; the passwords are long and random, so that no slow hash is needed. */
const ITERATIONS = 101;

/** The text of a mosquitto.conf for a hub of many homes (Mosquitto 2.0). Throws RangeError on a path with a line end. */
export function mosquittoConfig(plan: MosquittoPlan): string {
  const { folder, port, tls, plugin, user } = plan;
  const paths = [folder, plugin, user ?? "", tls?.certFile ?? "", tls?.keyFile ?? ""];
  if (paths.some((path) => /[\r\n]/.test(path))) throw new RangeError("a path must be one line");
  const lines = [
    "# Mosquitto for a Breathwatch hub, written by `breathwatch mosquitto`.",
    ...(user === undefined ? [] : [`user ${user}`]),
    "per_listener_settings false",
    "allow_anonymous false",
    "# Users and what each may do; the hub changes them while this runs.",
    `plugin ${plugin}`,
    `plugin_opt_config_file ${folder}/${USERS_FILE}`,
    "# Without it an acknowledgement takes 5 ms longer.",
    "set_tcp_nodelay true",
    "# Retained messages outlive a restart.",
    "persistence true",
    `persistence_location ${folder}/`,
    "autosave_interval 60",
    "persistent_client_expiration 1d",
    `max_packet_size ${PAYLOAD_BYTES_MAX + 65_540}`,
    `max_inflight_messages ${IN_FLIGHT_MAX}`,
    `max_queued_messages ${QUEUED_MAX}`,
    "max_keepalive 600",
    "retain_available true",
    "connection_messages false",
    "sys_interval 0",
    "log_type error",
    "log_type warning",
    "",
    "# The hub itself.",
    `listener ${port} 127.0.0.1`,
    `max_connections 64`,
  ];
  if (tls === undefined) return `${lines.join("\n")}\n`;
  const boxes = [
    "",
    "# The boxes. After a new certificate: kill -HUP.",
    `listener ${tls.port}`,
    `max_connections ${CONNECTIONS_MAX}`,
    `certfile ${tls.certFile}`,
    `keyfile ${tls.keyFile}`,
    "tls_version tlsv1.2",
  ];
  return `${[...lines, ...boxes].join("\n")}\n`;
}

/**
 * The users file to start with: the hub, which may change it from then on, and boxes that are known already. One
 * that runs is changed by createMosquittoUsers: it writes the file itself. Throws RangeError on a user that is no box.
 */
export function mosquittoUsersFile(
  users: {
    readonly hubPassword: string;
    readonly boxes: readonly { readonly user: string; readonly password: string }[];
  },
  random: Random,
): string {
  const client = (username: string, password: string, role: string) => {
    const salt = random.bytes(12);
    return {
      username,
      // Who takes another's client id throws that one out: so a box has its own, and no other.
      ...(username === HUB_USER ? {} : { clientid: username }),
      password: pbkdf2Sync(password, salt, ITERATIONS, 64, "sha512").toString("base64"),
      salt: Buffer.from(salt).toString("base64"),
      iterations: ITERATIONS,
      roles: [{ rolename: role }],
    };
  };
  const homes = [...new Set(users.boxes.map(({ user }) => homeOf(user)))];
  return JSON.stringify({
    defaultACLAccess: {
      publishClientSend: false,
      publishClientReceive: true,
      subscribe: false,
      unsubscribe: true,
    },
    clients: [
      client(HUB_USER, users.hubPassword, HUB_USER),
      ...users.boxes.map(({ user, password }) => client(user, password, homeRole(homeOf(user)).name)),
    ],
    groups: [],
    roles: [
      { rolename: HUB_USER, acls: hubRules() },
      ...homes.map((home) => ({ rolename: homeRole(home).name, acls: homeRole(home).rules })),
    ],
  });
}

/**
 * What the boxes of a home may do. The name holds a digest of the rules, so that a later Breathwatch with other
 * rules makes roles of its own.
 */
export function homeRole(home: HomeId): { readonly name: string; readonly rules: readonly MosquittoRule[] } {
  const { publish, subscribe } = boxRules(home);
  const rules = [
    ...publish.map((topic) => rule("publishClientSend", topic)),
    ...subscribe.map((topic) => rule("subscribePattern", topic)),
  ];
  const digest = createHash("sha256").update(JSON.stringify(rules)).digest("hex").slice(0, 8);
  return { name: `${home}.${digest}`, rules };
}

/** The home of a box's user name. Throws RangeError on any other name. */
export function homeOf(user: string): HomeId {
  const known = brokerUser(user);
  if (known?.kind === "box") return known.home;
  throw new RangeError(`"${user}" is no box`);
}

function hubRules(): MosquittoRule[] {
  return [
    rule("publishClientSend", "breathwatch/1/#"),
    rule("subscribePattern", "breathwatch/1/#"),
    rule("subscribePattern", "$share/+/breathwatch/1/#"),
    rule("publishClientSend", CONTROL_TOPIC),
    rule("subscribeLiteral", CONTROL_ANSWERS),
    // Unlike other topics these are not received unless somebody says so.
    rule("publishClientReceive", CONTROL_ANSWERS),
  ];
}

const rule = (acltype: MosquittoRule["acltype"], topic: string): MosquittoRule => ({
  ...{ acltype, topic },
  priority: 0,
  allow: true,
});
