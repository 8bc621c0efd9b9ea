import { exports } from "cloudflare:workers";
import { enrolMessage, proofMessage, toBase64Url } from "../../protocol/tunnel/auth.ts";
import { edgeFrameDecoder, encodeFrame } from "../../protocol/tunnel/codec.ts";
import { type DataFrame, decodeData } from "../../protocol/tunnel/data.ts";
import { tunnelPath } from "../../protocol/tunnel/enrol.ts";
import type { EdgeFrame, Frame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { SUBPROTOCOL } from "../../protocol/tunnel/limits.ts";
import { api } from "./api.ts";

export const HOST = "kubenova.test";
const CAPABILITIES = { components: { agent: { ready: true } }, flags: {} };

/** An agent's key and where it belongs. */
export interface AgentIdentity {
  clusterId: string;
  name: string;
  publicKey: string;
  kubeUid: string;
  sign(message: Uint8Array<ArrayBuffer>): Promise<string>;
}

export async function makeKey(): Promise<Pick<AgentIdentity, "publicKey" | "sign">> {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer;
  return {
    publicKey: toBase64Url(new Uint8Array(raw)),
    sign: async (message) =>
      toBase64Url(new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, message))),
  };
}

let made = 0;

/** Registers a cluster through the API and enrols a key in it. */
export async function enrolCluster(name = `cluster-${++made}`): Promise<AgentIdentity> {
  const answer = await api<{ id: string; joinToken: { token: string } }>("POST", "/clusters", {
    body: { name },
  });
  if (answer.status !== 201) throw new Error(`no cluster: ${JSON.stringify(answer.body)}`);
  const kubeUid = crypto.randomUUID();
  const key = await makeKey();
  const enrolled = await enrolKey(answer.body.joinToken.token, key, kubeUid);
  if (enrolled.status !== 200) throw new Error(`not enrolled: ${JSON.stringify(enrolled.body)}`);
  return { clusterId: answer.body.id, name, kubeUid, ...key };
}

export async function enrolKey(
  token: string,
  key: Pick<AgentIdentity, "publicKey" | "sign">,
  clusterUid: string,
  host = HOST,
) {
  const [tokenId = ""] = token.split(".");
  const { publicKey } = key;
  const signature = await key.sign(enrolMessage({ tokenId, publicKey, clusterUid, host }));
  const body = { token, publicKey, signature, host, clusterUid, agentVersion: "0.0.1" };
  return api("POST", "/enrol", { token: null, body });
}

/** One socket of an agent, as the wire shows it. */
export class TestAgent {
  readonly frames: EdgeFrame[] = [];
  readonly data: DataFrame[] = [];
  readonly texts: string[] = [];
  /** Called with each stream's new credit. */
  readonly onCredit = new Map<number, (upTo: number) => void>();
  closed: { code: number; reason: string } | undefined;
  readonly socket: WebSocket;
  readonly identity: AgentIdentity;
  readonly #decoder = edgeFrameDecoder();
  #changed = Promise.withResolvers<void>();
  #chunkId = 0;

  constructor(socket: WebSocket, identity: AgentIdentity) {
    this.socket = socket;
    this.identity = identity;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") {
        const frame = decodeData(new Uint8Array(data as ArrayBuffer));
        if (frame) this.data.push(frame);
      } else if (data.startsWith("{")) {
        const frame = this.#decoder.push(data);
        const listener = frame?.t === "credit" ? this.onCredit.get(frame.s) : undefined;
        if (frame?.t === "credit" && listener) return listener(frame.upTo);
        if (frame) this.frames.push(frame);
      } else {
        this.texts.push(data);
      }
      this.#wake();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    socket.accept();
  }

  static async dial(identity: AgentIdentity, host = HOST): Promise<TestAgent> {
    const response = await exports.default.fetch(
      new Request(`https://${host}${tunnelPath(identity.clusterId)}`, {
        headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": SUBPROTOCOL },
      }),
    );
    if (!response.webSocket) throw new Error(`no socket: ${response.status} ${await response.text()}`);
    return new TestAgent(response.webSocket, identity);
  }

  /** Dials, proves itself, and waits for the welcome. */
  static async connect(identity: AgentIdentity, hello: Partial<FrameOf<"hello">> = {}): Promise<TestAgent> {
    const agent = await TestAgent.dial(identity);
    await agent.hello(hello);
    await agent.next("welcome");
    return agent;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  /** Waits until something holds. */
  async until<T>(what: string, check: () => T | undefined | false, deadlineMs = 5000): Promise<T> {
    const end = Date.now() + deadlineMs;
    for (;;) {
      const value = check();
      if (value !== undefined && value !== false) return value;
      const left = end - Date.now();
      if (left <= 0) {
        const seen = this.frames.map(({ t }) => t).join(" ");
        throw new Error(
          `${what}: not within ${deadlineMs} ms; closed ${JSON.stringify(this.closed)}; saw ${seen}`,
        );
      }
      let timer: ReturnType<typeof setTimeout> | null = null;
      const later = new Promise((resolve) => {
        timer = setTimeout(resolve, Math.min(left, 50));
      });
      await Promise.race([this.#changed.promise, later]);
      clearTimeout(timer);
    }
  }

  /** The first frame of a kind that was not asked for before. */
  next<T extends EdgeFrame["t"]>(
    kind: T,
    matches: (frame: FrameOf<T>) => boolean = () => true,
  ): Promise<FrameOf<T>> {
    return this.until(`a frame ${kind}`, () => {
      const at = this.frames.findIndex((frame) => frame.t === kind && matches(frame as FrameOf<T>));
      return at < 0 ? undefined : (this.frames.splice(at, 1)[0] as FrameOf<T>);
    });
  }

  untilClosed = (): Promise<{ code: number; reason: string }> =>
    this.until("the socket is closed", () => this.closed);

  async hello(change: Partial<FrameOf<"hello">> = {}): Promise<FrameOf<"hello">> {
    const challenge = await this.next("challenge");
    const { clusterId, kubeUid, publicKey } = this.identity;
    const host = change.host ?? HOST;
    const clusterUid = change.clusterUid ?? kubeUid;
    const { nonce, epochId } = challenge;
    const message = proofMessage({ clusterId, nonce, host, epochId, clusterUid });
    const hello: FrameOf<"hello"> = {
      t: "hello",
      versions: [1],
      agentVersion: "0.0.1",
      publicKey,
      signature: await this.identity.sign(message),
      host,
      clusterUid,
      capabilities: CAPABILITIES,
      ...change,
    };
    this.send(hello);
    return hello;
  }

  send(frame: Frame): void {
    for (const message of encodeFrame(frame, () => ++this.#chunkId)) this.socket.send(message);
  }

  close(): void {
    this.socket.close(1000, "");
  }
}
