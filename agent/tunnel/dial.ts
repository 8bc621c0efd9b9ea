import WebSocket, { type ClientOptions } from "ws";
import { tunnelPath } from "../../protocol/tunnel/enrol.ts";
import { KEY_HEADER, MAX_FRAME_BYTES, PING, SUBPROTOCOL } from "../../protocol/tunnel/limits.ts";
import { VERSION } from "../version.ts";
import { endingOfUpgrade } from "./ending.ts";
import type { Ending } from "./reconnect.ts";

export interface DialOptions {
  managerUrl: URL;
  clusterId: string;
  /** That the hello will be signed with: lets the agent in where strangers crowd the door. */
  publicKey?: string;
  /** Certificate authorities, PEM; the system's where absent. */
  ca?: readonly string[];
  /** The `Date` of the answer, whatever it was. */
  onDate?: (date: string | undefined) => void;
}

const HANDSHAKE_TIMEOUT_MS = 15_000;
/** After the manager's close frame the end of the connection follows; whoever keeps it open does not keep us waiting. */
const CLOSE_TIMEOUT_MS = 1_000;

/** The manager's tunnel as a WebSocket URL. */
export function tunnelUrl(managerUrl: URL, clusterId: string): URL {
  const url = new URL(tunnelPath(encodeURIComponent(clusterId)), managerUrl);
  url.protocol = managerUrl.protocol === "http:" ? "ws:" : "wss:";
  return url;
}

/**
 * Dials. TLS is always verified against the host that was dialled, redirects are not followed: the signature names that
 * host. `onRefusal` is told where the answer to the upgrade was not 101; the socket then closes with 1006.
 *
 * A ping goes first: workerd ends the connection of a socket that it closes only where the client has said something
 * before; a silent one would learn of its end ten seconds later.
 */
export function dial(options: DialOptions, onRefusal: (ending: Ending) => void): WebSocket {
  const settings: ClientOptions & { closeTimeout: number } = {
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    maxPayload: MAX_FRAME_BYTES,
    followRedirects: false,
    headers: {
      "user-agent": `kubenova-agent/${VERSION}`,
      ...(options.publicKey ? { [KEY_HEADER]: options.publicKey } : {}),
    },
    ...(options.ca ? { ca: [...options.ca] } : {}),
  };
  const socket = new WebSocket(tunnelUrl(options.managerUrl, options.clusterId), [SUBPROTOCOL], settings);
  socket.on("open", () => socket.send(PING));
  socket.on("upgrade", ({ headers }) => options.onDate?.(headers.date));
  socket.on("unexpected-response", (_request, response) => {
    options.onDate?.(response.headers.date);
    onRefusal(endingOfUpgrade(response.statusCode ?? 0));
    response.destroy();
    // With this listener ws leaves the rest to us; ending it brings the close event.
    socket.terminate();
  });
  return socket;
}
