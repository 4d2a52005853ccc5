/** An MQTT 3.1.1 / 5 connection as the rest of the house sees it. Payloads are bytes of UTF-8 JSON. */
export interface Bus {
  /** Resolves when the broker has acknowledged (QoS 1); rejects with BUS_UNREACHABLE when the link breaks first. */
  publish(topic: string, payload: string, options: { readonly retain: boolean }): Promise<void>;
  /** Handler calls are synchronous and in arrival order; the returned function unsubscribes. */
  subscribe(filter: string, handler: (topic: string, payload: string, retained: boolean) => void): () => void;
  readonly connected: boolean;
  /** Called on every change of `connected`; the returned function stops it. */
  onConnected(listener: (connected: boolean) => void): () => void;
  close(): Promise<void>;
}

export interface BusOptions {
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** Published retained by the broker when the connection dies. */
  readonly will?: { readonly topic: string; readonly payload: string };
  /** Default 3.1.1, which every broker speaks; filters `$share/<group>/...` need a broker that knows them. */
  readonly protocol?: MqttVersion;
  /** For `mqtts:` addresses. The broker's certificate is judged in any case; absent: by what this machine trusts. */
  readonly tls?: {
    /** PEM texts of the authorities that count instead of those of the machine. */
    readonly ca?: string;
    /** SHA-256, in base64url, of the public key of one certificate of the broker's chain: asked for beside all else. */
    readonly pin?: string;
  };
  /** The broker serves many homes: after an outage they come back spread over minutes, and not all at once. */
  readonly shared?: boolean;
}

/** The versions of MQTT that a connection may speak. */
export type MqttVersion = "3.1.1" | "5";

export interface BusConnector {
  /** Never rejects for an absent broker: it keeps trying with jittered back-off until closed. */
  connect(options: BusOptions): Bus;
}

/**
 * Who may connect to a broker, while it runs. Names are those of src/bus/acl.ts, which also says what each may do.
 * Calls reject with BUS_UNREACHABLE where the broker does not answer; each may be repeated without harm.
 */
export interface BrokerUsers {
  /** Adds a user, or gives it another password; connections with the former one end. */
  put(user: string, password: string): Promise<void>;
  /** The user is refused from now on, and its connections end. Resolves too where there is no such user. */
  remove(user: string): Promise<void>;
  /** The names of all boxes that the broker knows: to find those that ought not to be there any more. */
  list(): Promise<readonly string[]>;
}
