import type { DataFrame } from "../../protocol/tunnel/data.ts";
import type { AgentFrame, EdgeFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import type { StreamFrameError } from "../../protocol/tunnel/protocol-errors.ts";
import type { Ending } from "./reconnect.ts";
import type { DataSource } from "./writer.ts";

export type Welcome = FrameOf<"welcome">;
export type Challenge = FrameOf<"challenge">;
export type Hello = FrameOf<"hello">;

/** One session: from its welcome to its end. Sending on one that has ended does nothing. */
export interface Link {
  readonly welcome: Welcome;
  send(frame: AgentFrame): void;
  wake(source: DataSource): void;
  forget(source: DataSource): void;
  /** Closes the socket; the tunnel goes on as the ending says. */
  end(ending: Ending, closeCode?: number): void;
}

/** Who works with a session. Handlers return at once and do not throw. */
export interface Consumer {
  onWelcome?(link: Link): void;
  /** Every frame after the welcome that this side knows. */
  onFrame?(frame: EdgeFrame, link: Link): void;
  /** A frame of one stream that is not valid: nobody else's business. */
  onMalformed?(error: StreamFrameError, link: Link): void;
  onData?(frame: DataFrame, link: Link): void;
  onLost?(link: Link): void;
}
