import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { PING, SUBPROTOCOL } from "../../protocol/tunnel/limits.ts";
import type { Certificate } from "../manager/certificate.ts";

/** What the agent's stored state says; a welcome that says the same is believed. */
export interface Lineage {
  clusterId: string;
  epoch: number;
  epochId: string;
  seq: number;
}

export type Message = string | Buffer;

/** What is done with the next connection. */
export type Madness = Answer | Greeting | Close | Session;

/** Bytes instead of an answer to the upgrade. */
interface Answer {
  answer: string | Buffer;
}

/** A close code right after the upgrade. */
interface Close {
  close: number;
}

/** Messages right after the upgrade. */
interface Greeting {
  greeting: Message[];
}

/** Messages within a session: after challenge, hello, and a welcome that this cluster believes. */
interface Session {
  session: Message[];
  mode?: "resume" | "snapshot";
  /** Fields of the welcome that are not as this cluster believes. */
  welcome?: object;
  /** We end it when such a frame has come; else the agent must. */
  endsWith?: string;
}

/** How a connection ended at the agent's side. */
export interface Ended {
  code: number;
  reason: string;
}

/** An edge with a certificate that the agent trusts, and nothing else that it could. One madness a connection. */
export class MadEdge {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: () => SUBPROTOCOL,
    maxPayload: 0,
  });
  readonly #lineage: Lineage;
  /** Connections that came as far as the upgrade: past TLS. */
  upgrades = 0;
  #waiting: { madness: Madness; ended: (how: Ended) => void } | undefined;

  private constructor(server: Server, lineage: Lineage) {
    this.#server = server;
    this.#lineage = lineage;
    server.on("upgrade", (request, socket, head) => {
      this.upgrades += 1;
      const next = this.#waiting;
      this.#waiting = undefined;
      socket.on("error", () => {});
      if (!next) return socket.destroy();
      const { madness, ended } = next;
      if ("answer" in madness) {
        socket.on("close", () => ended({ code: 0, reason: "" }));
        return void answer(socket, madness.answer);
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        ws.on("error", () => {});
        ws.on("close", (code, reason) => ended({ code, reason: reason.toString() }));
        if ("greeting" in madness) for (const message of madness.greeting) ws.send(message);
        else if ("close" in madness) ws.close(madness.close, "mad");
        else this.#session(ws, madness);
      });
    });
  }

  static async start(certificate: Certificate, lineage: Lineage): Promise<MadEdge> {
    const server = createServer({ key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new MadEdge(server, lineage);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when the connection that met this madness is over. */
  meet(madness: Madness): Promise<Ended> {
    return new Promise((ended) => {
      this.#waiting = { madness, ended };
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #session(ws: WebSocket, { session, mode = "resume", endsWith, welcome }: Session): void {
    const { epoch, epochId, seq, clusterId } = this.#lineage;
    const send = (frame: object) => ws.send(JSON.stringify(frame));
    send({ t: "challenge", versions: [1], nonce: "bm9uY2U", epochId });
    ws.on("message", (message) => {
      const { t } = parsed(String(message));
      if (endsWith !== undefined && t === endsWith) ws.terminate();
      if (t !== "hello") return;
      const cluster = { clusterId, clusterName: "mad", clusterMode: "manage", ...welcome };
      send({ t: "welcome", version: 1, session: 1, epoch, epochId, seq, mode, ...cluster });
      for (const message of session) ws.send(message);
    });
  }
}

function answer(socket: Duplex, bytes: string | Buffer): void {
  socket.end(bytes);
}

/** The agent's pings are no JSON. */
function parsed(text: string): { t?: string } {
  return text === PING ? { t: "ping" } : (JSON.parse(text) as { t?: string });
}
