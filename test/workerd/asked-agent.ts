import { env } from "cloudflare:workers";
import { encodeData } from "../../protocol/tunnel/data.ts";
import type { FrameOf, StreamTarget } from "../../protocol/tunnel/frames.ts";
import { enrolCluster, TestAgent } from "./agent.ts";
import { seedWorld } from "./seed.ts";

let named = 0;

/** An app `web` of a project `shop` in an environment `staging`, whose cluster's agent answers as the test says. */
export interface AskedAgent {
  agent: TestAgent;
  tenant: string;
  /** Of the project. */
  path: string;
  /** What was asked, with its body. */
  asked: { target: StreamTarget; body: string }[];
  /** Takes the next question and its body, and answers it. */
  answer(value: unknown, status?: number): Promise<void>;
  refuse(code: string, message: string): Promise<void>;
}

export async function askedAgent(): Promise<AskedAgent> {
  const identity = await enrolCluster();
  const tenant = `asked${++named}`;
  await seedWorld(env.DB, { clusterId: identity.clusterId, name: tenant });
  const agent = await TestAgent.connect(identity);
  const asked: AskedAgent["asked"] = [];
  const next = async (): Promise<FrameOf<"open">> => {
    const open = await agent.next("open");
    await agent.next("end", ({ s }) => s === open.s);
    const parts = agent.data.filter(({ stream }) => stream === open.s).map(({ payload }) => payload);
    asked.push({ target: open.target, body: new TextDecoder().decode(await new Blob(parts).arrayBuffer()) });
    return open;
  };
  return {
    agent,
    tenant,
    path: `/tenants/${tenant}/projects/shop`,
    asked,
    async answer(value, status = 200) {
      const { s } = await next();
      agent.send({ t: "opened", s, status, headers: [["content-type", "application/json"]], credit: 0 });
      const payload = new TextEncoder().encode(JSON.stringify(value));
      agent.socket.send(encodeData({ stream: s, offset: 0, messageEnd: false, text: false, payload }));
      agent.send({ t: "end", s, at: payload.byteLength });
    },
    async refuse(code, message) {
      const { s } = await next();
      agent.send({ t: "cancel", s, code, message });
    },
  };
}
