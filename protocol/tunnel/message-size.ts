import { CLOSE } from "./limits.ts";
import { ProtocolError } from "./protocol-errors.ts";

const encoder = new TextEncoder();

export const utf8Bytes = (text: string): number => encoder.encode(text).byteLength;

/** UTF-8 takes at most three bytes a UTF-16 unit, so that most texts need no count. */
export const fits = (text: string, bytes: number): boolean =>
  text.length * 3 <= bytes || (text.length <= bytes && utf8Bytes(text) <= bytes);

export const tooLarge = (what: string, bytes: number): ProtocolError =>
  new ProtocolError(`${what} is larger than ${bytes} bytes`, CLOSE.tooLarge);
