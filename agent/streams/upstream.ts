import type { Socket } from "node:net";
import type { StreamTarget } from "../../protocol/tunnel/frames.ts";
import type { ConnectTarget } from "../kube/index.ts";
import type { Headers } from "./types.ts";

export type ServiceTarget = Extract<StreamTarget, { kind: "service" }>;

/** Where a request goes: an address, and how TLS is checked there. */
export interface Upstream {
  url: URL;
  headers: Headers;
  /** The connection, where it was dialled already. */
  socket?: Socket;
  tls: ConnectTarget["tls"];
}
