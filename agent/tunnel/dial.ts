import WebSocket from "ws";
import { tunnelPath } from "../../protocol/tunnel/enrol.ts";
import { MAX_FRAME_BYTES, SUBPROTOCOL } from "../../protocol/tunnel/limits.ts";
import { VERSION } from "../version.ts";
import { endingOfUpgrade } from "./ending.ts";
import type { Ending } from "./reconnect.ts";

export interface DialOptions {
  managerUrl: URL;
  clusterId: string;
  /** Certificate authorities, PEM; the system's where absent. */
  ca?: readonly string[];
}

const HANDSHAKE_TIMEOUT_MS = 15_000;

/** The manager's tunnel as a WebSocket URL. */
export function tunnelUrl(managerUrl: URL, clusterId: string): URL {
  const url = new URL(tunnelPath(encodeURIComponent(clusterId)), managerUrl);
  url.protocol = managerUrl.protocol === "http:" ? "ws:" : "wss:";
  return url;
}

/**
 * Dials. TLS is always verified against the host that was dialled, redirects are not followed: the signature names that
 * host. `onRefusal` is told where the answer to the upgrade was not 101; the socket then closes with 1006.
 */
export function dial(options: DialOptions, onRefusal: (ending: Ending) => void): WebSocket {
  const socket = new WebSocket(tunnelUrl(options.managerUrl, options.clusterId), [SUBPROTOCOL], {
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: MAX_FRAME_BYTES,
    followRedirects: false,
    headers: { "user-agent": `kubenova-agent/${VERSION}` },
    ...(options.ca ? { ca: [...options.ca] } : {}),
  });
  socket.on("unexpected-response", (_request, response) => {
    onRefusal(endingOfUpgrade(response.statusCode ?? 0));
    response.destroy();
    // With this listener ws leaves the rest to us; ending it brings the close event.
    socket.terminate();
  });
  return socket;
}
