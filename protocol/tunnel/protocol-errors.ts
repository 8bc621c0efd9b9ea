import { CLOSE } from "./limits.ts";

/** The peer broke the protocol: the socket is to be closed. */
export class ProtocolError extends Error {
  /** What to close the socket with. */
  readonly closeCode: number;
  constructor(message: string, closeCode: number = CLOSE.protocolError) {
    super(message);
    this.name = "ProtocolError";
    this.closeCode = closeCode;
  }
}

/** A frame of a stream whose id can be read and whose rest is not valid: that stream is to be cancelled, no other. */
export class StreamFrameError extends ProtocolError {
  readonly kind: string;
  readonly stream: number;
  constructor(kind: string, stream: number, message: string) {
    super(message);
    this.name = "StreamFrameError";
    this.kind = kind;
    this.stream = stream;
  }
}
