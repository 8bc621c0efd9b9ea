import type WebSocket from "ws";
import { PING, PING_INTERVAL_MS, PONG_DEADLINE_MS } from "../../protocol/tunnel/limits.ts";
import type { Clock } from "../kube/index.ts";

/** Pings until the signal aborts, where it rejects, or the peer has been silent for PONG_DEADLINE_MS. */
export async function heartbeat(session: {
  socket: WebSocket;
  clock: Clock;
  /** When the peer last sent anything: monotonic milliseconds. */
  lastSign: () => number;
  onSilent: (reason: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { socket, clock, signal } = session;
  for (;;) {
    await clock.sleep(PING_INTERVAL_MS, signal);
    const silentMs = clock.monotonic() - session.lastSign();
    if (silentMs > PONG_DEADLINE_MS) return session.onSilent(`silent for ${Math.round(silentMs / 1_000)} s`);
    if (socket.readyState === socket.OPEN) socket.send(PING);
  }
}
