import { CLOSE } from "../../protocol/tunnel/limits.ts";

/** What an agent's socket remembers while the object sleeps. */
export interface AgentAttachment {
  kind: "agent";
  /** `pending`: it has not proved who it is. */
  phase: "pending" | "live" | "closed";
  /** Taken away when it is used. */
  nonce: string | null;
  epochId: string;
  /** Hosts that this socket may have been dialled as. */
  hosts: string[];
  /** A hello must be there by then. */
  deadlineAt: number;
  session: number;
  /** That the session was opened with. */
  publicKey: string;
  /** Highest sequence number that was sent. */
  sent: number;
  /** A snapshot is under way. */
  snapshot: boolean;
  lastFrameAt: number;
  /** Ids of streams and of chunked frames: never used twice on a socket. */
  nextId: number;
}

export const AGENT_TAG = "agent";

export const agentOf = (socket: WebSocket): AgentAttachment | undefined => {
  const attachment = socket.deserializeAttachment() as AgentAttachment | null;
  return attachment?.kind === "agent" ? attachment : undefined;
};

/** Changes what a socket remembers. */
export function remember(socket: WebSocket, change: Partial<AgentAttachment>): void {
  const attachment = agentOf(socket);
  if (attachment) socket.serializeAttachment({ ...attachment, ...change });
}

/** A close reason has at most 123 bytes of UTF-8. */
export function reasonOf(text: string): string {
  let reason = text;
  while (new TextEncoder().encode(reason).byteLength > 123) reason = reason.slice(0, -1);
  return reason;
}

/** Closes a socket, if it is not closed already; an agent's is marked, so that nothing it still says counts. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  remember(socket, { phase: "closed", nonce: null });
  try {
    socket.close(code, reasonOf(reason));
  } catch {
    // It is gone already.
  }
}

export const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;

/** Answers a dial with a socket that says why it is closed at once. */
export function refuseSocket(code: number, reason: string, protocol: string): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(code, reasonOf(reason));
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: { "Sec-WebSocket-Protocol": protocol },
  });
}

/** Sends to an agent; what cannot be sent ends the socket, since a gap would be worse. */
export function sendTo(socket: WebSocket, messages: readonly (string | Uint8Array)[]): boolean {
  try {
    for (const message of messages) socket.send(message);
    return true;
  } catch {
    closeSocket(socket, CLOSE.internal, "could not send");
    return false;
  }
}

/** Open sockets of agents in a phase, oldest first. */
export const inPhase = (ctx: DurableObjectState, phase: AgentAttachment["phase"]): WebSocket[] =>
  ctx
    .getWebSockets(AGENT_TAG)
    .map((socket) => ({ socket, attachment: agentOf(socket) }))
    .filter(({ socket, attachment }) => attachment?.phase === phase && isOpen(socket))
    .sort((a, b) => (a.attachment?.deadlineAt ?? 0) - (b.attachment?.deadlineAt ?? 0))
    .map(({ socket }) => socket);
