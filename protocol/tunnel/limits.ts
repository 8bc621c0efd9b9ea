/** Sizes and times of the tunnel: policy, each with its reason. */

export const SUBPROTOCOL = "kubenova.v1";
export const PROTOCOL_VERSION = 1;
/**
 * Of the dial: the public key that the hello will be signed with. It proves nothing; an agent without it is let in as
 * long as there is room for strangers.
 */
export const KEY_HEADER = "x-kubenova-key";

/** One WebSocket message. Small enough that a control frame never waits long behind a body on a slow line. */
export const MAX_FRAME_BYTES = 256 * 1024;
/** One reassembled message: a desired document of 1 MiB of manifests, JSON-escaped, and its envelope fit. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Payload of one stream data frame. */
export const MAX_DATA_BYTES = 64 * 1024;
/** Chunked messages under reassembly at a time: one a direction suffices, since chunks of a message are sent in a row. */
export const MAX_OPEN_CHUNKED = 4;

export const MAX_STREAMS = 512;
/** Characters of the reason that a stream was cancelled for: one sentence for a person. */
export const MAX_CANCEL_MESSAGE = 1024;
/**
 * What the edge may send on a new stream before it has any credit from the agent. Towards the edge the agent has only
 * what `open` grants: the edge shares its memory out among its streams.
 */
export const STREAM_WINDOW_BYTES = 256 * 1024;

/** Desired documents under way and not acked, in bytes: what a slow API server makes the edge and the agent hold. */
export const DESIRED_WINDOW_BYTES = 8 * 1024 * 1024;

/** The agent sends the text PING this often; the edge answers PONG without waking the object. */
export const PING_INTERVAL_MS = 5_000;
/** No pong for this long: the agent drops the socket and dials anew. */
export const PONG_DEADLINE_MS = 15_000;
/** A reader says Unknown after this much silence (architecture.md section 4). */
export const UNKNOWN_AFTER_MS = 20_000;
/** A socket that has not proved who it is by then is closed. */
export const HELLO_DEADLINE_MS = 10_000;

/** Reconnect: first delay uniform in 0-5 s, then full jitter; tried with 1,000 sockets (all back in under 20 s). */
export const RECONNECT_FIRST_MS = 5_000;
export const RECONNECT_BASE_MS = 2_000;
export const RECONNECT_CAP_MS = 20_000;

/** The runtime answers this text on every socket of an object, people's too: so it is none that a service would use. */
export const PING = "kubenova:ping";
export const PONG = "kubenova:pong";

/**
 * WebSocket close codes. 4401, 4403, 4410, 4426: not without a change, which is asked for each ten minutes; 4409 ends a
 * session for good; after anything else the agent dials anew (agent/tunnel/ending.ts).
 */
export const CLOSE = {
  protocolError: 1002,
  tooLarge: 1009,
  internal: 1011,
  tryLater: 1013,
  /** The proof (signature, host, epoch, key) does not hold. */
  unauthorized: 4401,
  /** The key belongs to another cluster. */
  wrongCluster: 4403,
  /** No hello in time. */
  helloTimeout: 4408,
  /** A newer session of the same identity took over. */
  fenced: 4409,
  /** The cluster was deleted. */
  deleted: 4410,
  /** No common protocol version; the reason says what to upgrade. */
  upgradeRequired: 4426,
} as const;
