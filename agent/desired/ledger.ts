/**
 * Which sequence number may be acked. What must hold: a number is acked only when every desired frame up to it is stored
 * in the API server or refused for good; frames are finished in any order, the ack grows in theirs.
 */
export interface Ticket {
  readonly seq: number;
  done: boolean;
}

export interface Refusal {
  key: string;
  revision: number;
  message: string;
}

export interface Ack {
  seq: number;
  refused: Refusal[];
}

export interface Ledger {
  /** A frame came. */
  open(seq: number): Ticket;
  /** It is stored, or refused. Twice is once. */
  close(ticket: Ticket, refusal?: Refusal): void;
  /** What is to be told now; undefined where nothing changed since the last time. */
  take(): Ack | undefined;
  /** The highest number that may be acked. */
  readonly seq: number;
  readonly openTickets: number;
}

/** As many refusals fit one ack frame. */
export const MAX_REFUSALS = 100;

/** @param start what is stored already: the cursor of the hello */
export function createLedger(start: number): Ledger {
  /** Ordered by seq, since frames come in order; one that does not is put where it belongs. */
  const tickets: Ticket[] = [];
  const refusals: Refusal[] = [];
  let reached = start;
  let told = start;

  const advance = () => {
    for (let first = tickets[0]; first?.done; first = tickets[0]) {
      reached = Math.max(reached, first.seq);
      tickets.shift();
    }
  };
  return {
    open(seq) {
      const ticket: Ticket = { seq, done: false };
      let at = tickets.length;
      while (at > 0 && (tickets[at - 1]?.seq ?? 0) > seq) at -= 1;
      tickets.splice(at, 0, ticket);
      return ticket;
    },
    close(ticket, refusal) {
      if (ticket.done) return;
      ticket.done = true;
      if (refusal) refusals.push({ ...refusal, message: refusal.message.slice(0, 1024) });
      advance();
    },
    take() {
      if (reached === told && refusals.length === 0) return undefined;
      told = reached;
      return { seq: reached, refused: refusals.splice(0, MAX_REFUSALS) };
    },
    get seq() {
      return reached;
    },
    get openTickets() {
      return tickets.length;
    },
  };
}
