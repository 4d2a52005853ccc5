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
}

export interface BusConnector {
  /** Never rejects for an absent broker: it keeps trying with jittered back-off until closed. */
  connect(options: BusOptions): Bus;
}
