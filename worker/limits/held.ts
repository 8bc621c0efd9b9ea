import { STREAM_RENEW_MS } from "../../domain/limits/streams.ts";
import { forwardSocket } from "./forward-socket.ts";

/** What is done about an answer as long as it goes on. */
export interface Holding {
  /** Said each {@link STREAM_RENEW_MS}. */
  renew(): void;
  /** Asked as often: whoever lost the right to it, or his credential, is cut off. */
  stillAllowed(): Promise<boolean>;
  /** Told once, however it ends. */
  over(): void;
  waitUntil(work: Promise<unknown>): void;
}

/** Whether an answer goes on after it was given. */
export const goesOn = (response: Response): boolean => !!(response.body || response.webSocket);

/** The same answer, looked after until its body or its socket ends. */
export function held(response: Response, { renew, stillAllowed, over, waitUntil }: Holding): Response {
  const cut = new AbortController();
  const renewing = setInterval(() => {
    renew();
    waitUntil(stillAllowed().then((allowed) => allowed || cut.abort(new Error("not allowed any more"))));
  }, STREAM_RENEW_MS);
  const ended = (): void => {
    clearInterval(renewing);
    over();
  };
  if (response.webSocket) return forwardSocket(response, response.webSocket, cut.signal, ended);
  const length = response.headers.get("content-length");
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  // A reader that goes away ends the pipe with the next bytes; each stream has some within ten seconds.
  waitUntil(response.body?.pipeTo(writable, { signal: cut.signal }).then(ended, ended) ?? Promise.resolve());
  return new Response(readable, response);
}
