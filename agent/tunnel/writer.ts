/**
 * The order in which messages leave on one socket. What must hold: no stream waits behind another one's bytes, frames
 * about the session wait behind neither, and what is buffered for a slow line is bounded.
 */

/** The socket as the writer sees it. */
export interface Wire {
  send(message: string | Uint8Array, done: () => void): void;
  /** Bytes accepted and not yet given to the kernel. */
  readonly bufferedAmount: number;
}

/** One stream's messages, in its own order (opened, bytes, end). */
export interface DataSource {
  /** The next message; undefined where there is nothing, or no credit: it is woken again by `wake`. */
  next(): string | Uint8Array | undefined;
}

export interface Writer {
  /** Messages of a frame, in a row (chunks must not be mixed with those of another frame). */
  control(messages: readonly string[]): void;
  /** The source has something to send. */
  wake(source: DataSource): void;
  forget(source: DataSource): void;
  /** Nothing is sent any more. */
  close(): void;
}

/** About what a slow line takes in a second; more would only delay the frames behind it. */
const HIGH_WATER_BYTES = 512 * 1024;
/** Session frames sent in a row before a stream gets its turn. */
const CONTROL_BURST = 8;

export function createWriter(wire: Wire): Writer {
  const control: string[] = [];
  /** Insertion order is the round: who has sent goes to the end. */
  const round = new Set<DataSource>();
  let closed = false;
  let burst = 0;
  let pumping = false;

  const nextMessage = (): string | Uint8Array | undefined => {
    if (control.length > 0 && (burst < CONTROL_BURST || round.size === 0)) {
      burst += 1;
      return control.shift();
    }
    burst = 0;
    for (const source of round) {
      round.delete(source);
      const message = source.next();
      if (message === undefined) continue;
      round.add(source);
      return message;
    }
    return control.shift();
  };
  const pump = () => {
    if (pumping) return;
    pumping = true;
    while (!closed && wire.bufferedAmount < HIGH_WATER_BYTES) {
      const message = nextMessage();
      if (message === undefined) break;
      wire.send(message, pump);
    }
    pumping = false;
  };

  return {
    control(messages) {
      control.push(...messages);
      pump();
    },
    wake(source) {
      round.add(source);
      pump();
    },
    forget: (source) => void round.delete(source),
    close() {
      closed = true;
      control.length = 0;
      round.clear();
    },
  };
}
