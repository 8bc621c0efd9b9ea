import type { Window } from "../../domain/cluster/credit.ts";
import type { Bucket } from "../../domain/cluster/pacing.ts";
import { reasonOf } from "./sockets.ts";

/** What a person's socket remembers while the object sleeps. */
export interface ClientAttachment {
  kind: "client";
  stream: number;
  session: number;
  window: Window;
  up: { sent: number; credit: number };
  /** Bytes in memory alone, of a message or of a queue: an object that lost them cannot go on. */
  held: number;
  /** Bytes since the client's last message. */
  silent: number;
  bucket: Bucket;
}

export const CLIENT_TAG = "client";
export const streamTag = (stream: number): string => `stream:${stream}`;

/** One message of its parts. */
export function joinParts(parts: Uint8Array[], bytes: number): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Codes that may not be sent become the nearest that may. */
export function closeClient(socket: WebSocket, code: number, reason: string): void {
  const sendable =
    code === 1000 ||
    (code >= 3000 && code <= 4999) ||
    (code >= 1001 && code <= 1014 && ![1004, 1005, 1006].includes(code));
  try {
    socket.close(sendable ? code : 1000, reasonOf(reason));
  } catch {
    // It is gone already.
  }
}
