import { type ErrorCode, KubeNovaError } from "../../domain/errors/index.ts";

/**
 * How a stream's bytes become the body of an answer. A client that vanishes is noticed only by a write, so a shape says
 * what may be written in between without harm: nothing, for a type that it does not know.
 */
export interface BodyShape {
  push(bytes: Uint8Array): Uint8Array;
  /** What is left at the end. */
  flush(): Uint8Array;
  /** Undefined where no byte is harmless here and now. */
  keepAlive(): Uint8Array | undefined;
  /** Tells in the body that the rest is missing; undefined where only a cut connection can. */
  lost(error: KubeNovaError): Uint8Array | undefined;
}

const encoder = new TextEncoder();
const NOTHING = new Uint8Array();
const NEWLINE = 0x0a;

/** A line that is longer is given in parts: a log may be one line without end. */
const MAX_LINE_CHARS = 256 * 1024;

/** Bytes as they are. Between lines, event streams take comments and NDJSON takes empty lines. */
export class RawShape implements BodyShape {
  readonly #harmless: Uint8Array | undefined;
  #atLineStart = true;

  constructor(contentType: string) {
    const type = contentType.split(";")[0]?.trim().toLowerCase();
    if (type === "text/event-stream") this.#harmless = encoder.encode(":\n");
    if (type === "application/x-ndjson" || type === "application/jsonl")
      this.#harmless = encoder.encode("\n");
  }

  push(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength > 0) this.#atLineStart = bytes[bytes.byteLength - 1] === NEWLINE;
    return bytes;
  }

  flush = (): Uint8Array => NOTHING;
  keepAlive = (): Uint8Array | undefined => (this.#atLineStart ? this.#harmless : undefined);
  lost = (): undefined => undefined;
}

export type LineFormat = "ndjson" | "sse";

/** A log, line by line: `{"line":"…"}` or a server-sent event a line. */
export class LineShape implements BodyShape {
  readonly #format: LineFormat;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(format: LineFormat) {
    this.#format = format;
  }

  push(bytes: Uint8Array): Uint8Array {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    let out = lines.map((line) => this.#line(line)).join("");
    if (this.#rest.length > MAX_LINE_CHARS) {
      out += this.#format === "ndjson" ? json({ line: this.#rest, partial: true }) : this.#line(this.#rest);
      this.#rest = "";
    }
    return encoder.encode(out);
  }

  flush(): Uint8Array {
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = "";
    return rest === "" ? NOTHING : encoder.encode(this.#line(rest));
  }

  #line(line: string): string {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    return this.#format === "ndjson"
      ? json({ line: text })
      : `data: ${text.replaceAll("\r", "\ndata: ")}\n\n`;
  }

  keepAlive = (): Uint8Array => encoder.encode(this.#format === "ndjson" ? "\n" : ":\n\n");

  lost(error: KubeNovaError): Uint8Array {
    const body = { error: { code: error.code, message: error.message } };
    const text = this.#format === "ndjson" ? json(body) : `event: error\ndata: ${JSON.stringify(body)}\n\n`;
    return encoder.encode(text);
  }
}

const json = (value: unknown): string => `${JSON.stringify(value)}\n`;

export const streamLost = (reason: string): KubeNovaError =>
  new KubeNovaError("KN-1504" satisfies ErrorCode, reason);
