/**
 * Binary messages: bytes of a stream. Header of 14 bytes, big endian:
 * version (1) · flags (1) · stream id (4) · absolute offset of the first payload byte (8).
 * A message (of a WebSocket, or of a log line block) may span frames; MESSAGE_END closes it, so boundaries survive.
 */
export const DATA_HEADER_BYTES = 14;
const DATA_VERSION = 1;

export const FLAG = { messageEnd: 1, text: 2 } as const;

export interface DataFrame {
  stream: number;
  offset: number;
  messageEnd: boolean;
  text: boolean;
  payload: Uint8Array;
}

export function encodeData(frame: DataFrame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(DATA_HEADER_BYTES + frame.payload.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, DATA_VERSION);
  view.setUint8(1, (frame.messageEnd ? FLAG.messageEnd : 0) | (frame.text ? FLAG.text : 0));
  view.setUint32(2, frame.stream);
  view.setBigUint64(6, BigInt(frame.offset));
  bytes.set(frame.payload, DATA_HEADER_BYTES);
  return bytes;
}

/** @returns undefined for a message that is too short or of another version: the receiver ignores it */
export function decodeData(bytes: Uint8Array): DataFrame | undefined {
  if (bytes.byteLength < DATA_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== DATA_VERSION) return undefined;
  const flags = view.getUint8(1);
  return {
    stream: view.getUint32(2),
    offset: Number(view.getBigUint64(6)),
    messageEnd: (flags & FLAG.messageEnd) !== 0,
    text: (flags & FLAG.text) !== 0,
    payload: bytes.subarray(DATA_HEADER_BYTES),
  };
}
