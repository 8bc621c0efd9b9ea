/** Codes that a peer may not send, but that an end without one, or a lost connection, is told as (RFC 6455, section 7.4.1). */
const NOT_SENT: ReadonlySet<number> = new Set([1004, 1005, 1006, 1015]);
/** A frame that ends a socket holds so much of a reason. */
const MAX_REASON_BYTES = 123;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

/**
 * Puts a socket of our own between a client and an object's socket: the runtime does not say when one that it passes through
 * has ended. Neither side loses anything by it: it has no signal of how much the other takes in any case.
 *
 * @param cut ends it from here
 */
export function forwardSocket(
  response: Response,
  inner: WebSocket,
  cut: AbortSignal,
  over: () => void,
): Response {
  const [client, outer] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
  let isOver = false;
  const end = (to: WebSocket, code: number, reason: string): void => {
    close(to, code, reason);
    if (!isOver) over();
    isOver = true;
  };
  for (const [from, to] of [
    [inner, outer],
    [outer, inner],
  ] as const) {
    from.binaryType = "arraybuffer";
    from.accept();
    from.addEventListener("message", ({ data }) => send(to, data));
    from.addEventListener("close", ({ code, reason }) => end(to, code, reason));
    from.addEventListener("error", () => end(to, GOING_AWAY, "the connection was lost"));
  }
  cut.addEventListener("abort", () => {
    end(outer, POLICY_VIOLATION, "not allowed any more");
    end(inner, GOING_AWAY, "the client is not allowed any more");
  });
  return new Response(null, { status: 101, webSocket: client, headers: response.headers });
}

function send(to: WebSocket, data: string | ArrayBuffer): void {
  try {
    to.send(data);
  } catch {
    // It closes: whoever sent this hears of that too.
  }
}

function close(to: WebSocket, code: number, reason: string): void {
  try {
    if (NOT_SENT.has(code)) to.close(GOING_AWAY);
    else to.close(code, new TextEncoder().encode(reason).byteLength > MAX_REASON_BYTES ? "" : reason);
  } catch {
    // It is closed already.
  }
}
