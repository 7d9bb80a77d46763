// What is used of a NATS client. The connection of `@nats-io/nats-core` is one, whatever transport it has.

/** A message that was received. */
export interface NatsMessage {
  /** Where it was sent to. */
  readonly subject: string;
  /** Where an answer is expected. */
  readonly reply?: string;
  /** What it holds. */
  readonly data: Uint8Array;
  /** Its headers, where it has some. */
  readonly headers?: {
    /** As a status of HTTP; 0 for messages that are no answer. */
    readonly code: number;
    /** The value of a header; empty where there is none. */
    get(name: string): string;
  };
}

/** Messages of one subject. */
export interface NatsSubscription {
  /** Ends it. */
  unsubscribe(): void;
}

/**
 * A connected client of a NATS server with JetStream: what `connect` or `wsconnect` of the official packages
 * (`@nats-io/transport-node`, `@nats-io/transport-deno`, `@nats-io/nats-core`) gives.
 */
export interface NatsConnection {
  /** What the server says of itself. */
  readonly info?: {
    /** The most bytes that a message may have. */
    readonly max_payload: number;
  };
  /** Sends a message to all that subscribe. It may be lost. */
  publish(subject: string, data?: Uint8Array): void;
  /** Gets the messages of a subject. */
  subscribe(
    subject: string,
    options: {
      /** Called with each message. */
      callback: (error: Error | null, message: NatsMessage) => void;
    },
  ): NatsSubscription;
  /** Sends a message and waits for the first answer. */
  request(
    subject: string,
    data: Uint8Array | string,
    options?: {
      /** Milliseconds. */
      timeout: number;
      /** Anything with an `encode` of its own. */
      headers?: unknown;
      /** Whether the answer gets a subscription of its own. */
      noMux?: boolean;
    },
  ): Promise<NatsMessage>;
  /** Events of the connection, among them "disconnect", "reconnect", and "error" where the server refuses something. */
  status(): AsyncIterable<{ readonly type: string; readonly error?: unknown }> & {
    /** Ends them; the official client has it. */
    stop?(): void;
  };
  /** Whether it is closed for good. */
  isClosed(): boolean;
}
