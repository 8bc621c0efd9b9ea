import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeData } from "../../protocol/tunnel/data.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { MAX_DATA_BYTES } from "../../protocol/tunnel/limits.ts";
import { enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api, apiRaw } from "../../test/workerd/api.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The agent's end of one stream. */
class Served {
  sent = 0;
  readonly agent: TestAgent;
  readonly open: FrameOf<"open">;
  constructor(agent: TestAgent, open: FrameOf<"open">) {
    this.agent = agent;
    this.open = open;
  }

  static async next(agent: TestAgent): Promise<Served> {
    return new Served(agent, await agent.next("open"));
  }

  get target() {
    return this.open.target as Extract<FrameOf<"open">["target"], { kind: "service" }>;
  }

  head(
    status = 200,
    headers: [string, string][] = [["content-type", "text/plain"]],
    websocket?: string,
  ): void {
    const chosen = websocket === undefined ? {} : { websocket };
    this.agent.send({ t: "opened", s: this.open.s, status, headers, credit: 256 * 1024, ...chosen });
  }

  send(bytes: Uint8Array, message: { end: boolean; text: boolean } = { end: false, text: false }): void {
    const frame = {
      stream: this.open.s,
      offset: this.sent,
      messageEnd: message.end,
      text: message.text,
      payload: bytes,
    };
    this.sent += bytes.byteLength;
    this.agent.socket.send(encodeData(frame));
  }

  /** Sends as fast as the credit allows. */
  async stream(total: number): Promise<void> {
    let credit = this.open.credit;
    let wake: () => void = () => undefined;
    this.agent.onCredit.set(this.open.s, (upTo) => {
      credit = upTo;
      wake();
    });
    while (this.sent < total) {
      const size = Math.min(MAX_DATA_BYTES, credit - this.sent, total - this.sent);
      if (size > 0) this.send(new Uint8Array(size).fill(120));
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  end(close: { closeCode?: number; closeReason?: string } = {}): void {
    this.agent.send({ t: "end", s: this.open.s, at: this.sent, ...close });
  }

  /** All that the edge sent on this stream. */
  async body(): Promise<string> {
    const { at } = await this.agent.next("end", ({ s }) => s === this.open.s);
    const parts = this.agent.data.filter(({ stream }) => stream === this.open.s);
    expect(parts.reduce((sum, { payload }) => sum + payload.byteLength, 0)).toBe(at);
    return parts.map(({ payload }) => decode(payload)).join("");
  }
}

const connected = async () => {
  const identity = await enrolCluster();
  const agent = await TestAgent.connect(identity);
  const base = `/clusters/${identity.name}/proxy/services/shop/web:80`;
  return { identity, agent, base };
};

describe("a request to a service", () => {
  it("arrives with its path, query, headers and body, and its answer comes back", async () => {
    const { agent, base } = await connected();
    const answer = apiRaw("POST", `${base}/a%2Fb/c?x=1&y=%20`, {
      headers: { "x-custom": "yes", cookie: "a=b", "content-type": "text/plain" },
      body: "hello",
    });
    const served = await Served.next(agent);
    expect(served.target).toMatchObject({
      kind: "service",
      namespace: "shop",
      name: "web",
      port: "80",
      scheme: "http",
      method: "POST",
      path: "/a%2Fb/c?x=1&y=%20",
    });
    const headers = new Map(served.target.headers);
    expect(headers.get("x-custom")).toBe("yes");
    expect(headers.has("authorization") || headers.has("cookie")).toBe(false);
    expect(await served.body()).toBe("hello");
    served.head(201, [
      ["content-type", "text/html"],
      ["set-cookie", "s=1"],
      ["location", "/next"],
      ["x-answer", "1"],
    ]);
    served.send(encode("<p>hi</p>"));
    served.end();
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([201, "<p>hi</p>"]);
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(response.headers.get("x-answer")).toBe("1");
    expect(response.headers.get("location")).toMatch(/\/proxy\/services\/shop\/web:80\/next$/);
    expect(response.headers.get("content-security-policy")).toMatch(/^sandbox /);
  });

  it("may carry a credential of the service's own, by a header of its own", async () => {
    const { agent, base } = await connected();
    const answer = apiRaw("GET", `${base}/`, {
      headers: { "x-kubenova-forward-authorization": "Basic abc" },
    });
    const served = await Served.next(agent);
    expect(new Map(served.target.headers).get("authorization")).toBe("Basic abc");
    served.head(204, []);
    served.end();
    expect((await answer).status).toBe(204);
  });

  it.each([
    ["web:80", { name: "web", port: "80", scheme: "http" }],
    ["https:web:metrics", { name: "web", port: "metrics", scheme: "https" }],
  ])("to %s is told so", async (service, expected) => {
    const { agent, identity } = await connected();
    const answer = apiRaw("GET", `/clusters/${identity.clusterId}/proxy/services/shop/${service}`);
    const served = await Served.next(agent);
    expect(served.target).toMatchObject({ ...expected, path: "/" });
    served.head(200);
    served.end();
    expect((await answer).status).toBe(200);
  });

  it("is answered at once where the cluster is not connected", async () => {
    const { name } = await enrolCluster();
    const before = Date.now();
    const answer = await api("GET", `/clusters/${name}/proxy/services/shop/web:80/`);
    expect([answer.status, answer.code]).toEqual([503, "KN-1500"]);
    expect(Date.now() - before).toBeLessThan(1000);
  });

  it("ends at its deadline, and the agent is told", async () => {
    const { agent, base } = await connected();
    const answer = await api("GET", `${base}/`, { headers: { "x-kubenova-timeout-seconds": "1" } });
    expect([answer.status, answer.code]).toEqual([504, "KN-1501"]);
    expect(await agent.next("cancel")).toMatchObject({ code: "KN-1501" });
  });

  it("that the cluster refuses says why", async () => {
    const { agent, base } = await connected();
    const answer = api("GET", `${base}/`);
    const { open } = await Served.next(agent);
    agent.send({ t: "cancel", s: open.s, code: "KN-1502", message: "no service shop/web" });
    const { status, code, body } = await answer;
    expect([status, code, body.error]).toMatchObject([502, "KN-1502", { message: "no service shop/web" }]);
  });

  it("is lost with a clear error where the agent goes before the head, and cut where it goes after", async () => {
    const { agent, base } = await connected();
    const early = api("GET", `${base}/early`);
    const late = apiRaw("GET", `${base}/late`);
    for (const served of [await Served.next(agent), await Served.next(agent)]) {
      if (served.target.path !== "/late") continue;
      served.head(200);
      served.send(encode("begun"));
    }
    const response = await late;
    agent.close();
    expect((await early).code).toBe("KN-1504");
    await expect(response.text()).rejects.toThrow();
  });

  it("whose agent sends more than it was granted is ended", async () => {
    const { agent, base } = await connected();
    const answer = apiRaw("GET", `${base}/`);
    const served = await Served.next(agent);
    served.head(200);
    served.send(new Uint8Array(served.open.credit + 1));
    expect(await agent.next("cancel")).toMatchObject({ code: "protocol" });
    await expect((await answer).text()).rejects.toThrow();
  });

  it("whose head is not valid fails alone: its neighbour and the session go on", async () => {
    const { agent, base, identity } = await connected();
    const odd = api("GET", `${base}/odd`);
    const good = apiRaw("GET", `${base}/good`);
    const served = [await Served.next(agent), await Served.next(agent)];
    served.find(({ target }) => target.path === "/odd")?.head(999);
    expect((await odd).code).toBe("KN-1504");
    expect(await agent.next("cancel")).toMatchObject({
      code: "protocol",
      message: expect.stringMatching(/malformed opened frame: status/),
    });
    const neighbour = served.find(({ target }) => target.path === "/good");
    neighbour?.head(200);
    neighbour?.send(encode("here"));
    neighbour?.end();
    expect(await (await good).text()).toBe("here");
    expect(await env.CLUSTER.getByName(identity.clusterId).liveness()).toMatchObject({ session: 1 });
    expect(agent.closed).toBeUndefined();
  });
});

describe("many streams", () => {
  it("256 at once are all answered, and a reader that stopped stalls no other", async () => {
    const { agent, base } = await connected();
    const paused = await Promise.all(
      [1, 2, 3].map(async () => {
        const answer = apiRaw("GET", `${base}/paused`);
        const served = await Served.next(agent);
        served.head(200);
        void served.stream(50 * 1024 * 1024).catch(() => undefined);
        return answer;
      }),
    );
    const serve = async () => {
      for (let i = 0; i < 256; i++) {
        const served = await Served.next(agent);
        served.head(200);
        void served.stream(100_000).then(() => served.end());
      }
    };
    const serving = serve();
    const sizes = await Promise.all(
      Array.from(
        { length: 256 },
        async () => (await (await apiRaw("GET", `${base}/x`)).arrayBuffer()).byteLength,
      ),
    );
    await serving;
    expect(sizes.every((size) => size === 100_000)).toBe(true);
    for (const response of paused) await response.body?.cancel();
  });

  it("a large body goes up only as fast as the agent takes it", async () => {
    const { agent, base } = await connected();
    const body = "x".repeat(2 * 1024 * 1024);
    const answer = apiRaw("POST", `${base}/`, { headers: { "content-type": "text/plain" }, body });
    const served = await Served.next(agent);
    const got = () => agent.data.reduce((sum, { payload }) => sum + payload.byteLength, 0);
    await agent.until("the first window", () => got() === 256 * 1024);
    let said = 256 * 1024;
    await agent.until("all of it", () => {
      if (got() === said && said < body.length) {
        said += 256 * 1024;
        agent.send({ t: "credit", s: served.open.s, upTo: said });
      }
      return got() === body.length;
    });
    expect((await served.body()).length).toBe(body.length);
    served.head(200);
    served.end();
    expect((await answer).status).toBe(200);
  });
});

describe("a followed log", () => {
  it("comes line by line, as NDJSON or as events, and says when it is lost", async () => {
    const { agent, identity } = await connected();
    const answer = apiRaw(
      "GET",
      `/clusters/${identity.name}/logs?namespace=shop&pod=web-1&follow=true&tailLines=5`,
    );
    const served = await Served.next(agent);
    expect(served.open.target).toEqual({
      kind: "logs",
      namespace: "shop",
      pod: "web-1",
      follow: true,
      tailLines: 5,
    });
    served.head(200);
    served.send(encode("one\ntw"));
    served.send(encode("o\n"));
    const response = await answer;
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (text.split("\n").length < 3) text += decode((await reader.read()).value ?? new Uint8Array());
    expect(text).toBe('{"line":"one"}\n{"line":"two"}\n');
    agent.close();
    const rest = decode((await reader.read()).value ?? new Uint8Array());
    expect(JSON.parse(rest)).toMatchObject({ error: { code: "KN-1504" } });
  });

  it("that is not followed is plain text; a pod that is not there is an error", async () => {
    const { agent, identity } = await connected();
    const path = `/clusters/${identity.name}/logs?namespace=shop&pod=web-1`;
    const answer = apiRaw("GET", path);
    const served = await Served.next(agent);
    served.head(200, [["content-type", "text/plain; charset=utf-8"]]);
    served.send(encode("one\ntwo\n"));
    served.end();
    expect(await (await answer).text()).toBe("one\ntwo\n");
    const missing = api("GET", path);
    const refused = await Served.next(agent);
    refused.head(404, [["content-type", "application/json"]]);
    refused.send(encode('{"message":"pods \\"web-1\\" not found"}'));
    refused.end();
    expect(await missing).toMatchObject({
      status: 404,
      code: "KN-1200",
      body: { error: { message: 'pods "web-1" not found' } },
    });
  });
});

describe("a WebSocket to a service", () => {
  const open = async () => {
    const { agent, base, identity } = await connected();
    const answer = apiRaw("GET", `${base}/ws`, {
      headers: { upgrade: "websocket", "sec-websocket-protocol": "chat, other" },
    });
    const served = await Served.next(agent);
    expect(served.target.websocket).toEqual(["chat", "other"]);
    return { agent, served, answer, identity };
  };
  const accept = async () => {
    const opened = await open();
    opened.served.head(101, [], "chat");
    const response = await opened.answer;
    const socket = response.webSocket as WebSocket;
    const messages: (string | ArrayBuffer)[] = [];
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => void messages.push(data as string | ArrayBuffer));
    socket.accept();
    return { ...opened, socket, messages, closed, response };
  };

  it("keeps messages, their kind and their boundaries, both ways", async () => {
    const { agent, served, socket, messages, response } = await accept();
    expect(response.headers.get("sec-websocket-protocol")).toBe("chat");
    served.send(encode("hel"), { end: false, text: true });
    served.send(encode("lo"), { end: true, text: true });
    served.send(new Uint8Array([1, 2]), { end: true, text: false });
    await agent.until("both messages", () => messages.length === 2);
    expect(messages[0]).toBe("hello");
    expect(new Uint8Array(messages[1] as ArrayBuffer)).toEqual(new Uint8Array([1, 2]));
    socket.send("up");
    socket.send(new Uint8Array(100_000));
    await agent.until("three frames", () => agent.data.length === 3);
    expect(agent.data.map((each) => [each.text, each.messageEnd, each.payload.byteLength])).toEqual([
      [true, true, 2],
      [false, false, MAX_DATA_BYTES],
      [false, true, 100_000 - MAX_DATA_BYTES],
    ]);
  });

  it("that the service refuses is an HTTP answer", async () => {
    const { served, answer } = await open();
    served.head(403, [["content-type", "text/plain"]]);
    served.send(encode("no"));
    served.end();
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([403, "no"]);
  });

  it("goes on after the object slept", async () => {
    const { agent, served, socket, messages, identity } = await accept();
    served.send(encode("before"), { end: true, text: true });
    await agent.until("the first", () => messages.length === 1);
    await evictDurableObject(env.CLUSTER.getByName(identity.clusterId));
    socket.send("from the client");
    await agent.until("what the client said", () => agent.data.length === 1);
    await evictDurableObject(env.CLUSTER.getByName(identity.clusterId));
    served.send(encode("after"), { end: true, text: true });
    await agent.until("the second", () => messages.length === 2);
    expect(agent.data[0]).toMatchObject({ offset: 0, text: true, messageEnd: true });
    expect(messages).toEqual(["before", "after"]);
  });

  it("in the middle of a message when the object slept is closed with a clear error", async () => {
    const { served, closed, identity, agent } = await accept();
    served.send(encode("half"), { end: false, text: true });
    agent.send({ t: "status", n: 1, epochId: "x", items: [] });
    await agent.next("status-ack");
    await evictDurableObject(env.CLUSTER.getByName(identity.clusterId));
    served.send(encode("rest"), { end: true, text: true });
    expect(await closed).toMatchObject({ code: 1011, reason: expect.stringContaining("KN-1504") });
  });

  it("passes on how each side closes it, and is lost with the agent", async () => {
    const first = await accept();
    first.served.end({ closeCode: 4000, closeReason: "done" });
    expect(await first.closed).toMatchObject({ code: 4000, reason: "done" });
    const second = await accept();
    second.socket.close(4001, "bye");
    expect(await second.agent.next("end")).toMatchObject({ closeCode: 4001, closeReason: "bye" });
    const third = await accept();
    third.agent.close();
    expect(await third.closed).toMatchObject({ code: 1011, reason: expect.stringContaining("KN-1504") });
  });

  it("of a client that says nothing is closed with a reason before it fills the object", async () => {
    const { agent, served, closed } = await accept();
    const message = new Uint8Array(32 * 1024);
    let credit = served.open.credit;
    let over = false;
    void closed.then(() => (over = true));
    while (!over && served.sent < 16 * 1024 * 1024) {
      const more = agent.frames.findIndex((each) => each.t === "credit");
      if (more >= 0) credit = (agent.frames.splice(more, 1)[0] as FrameOf<"credit">).upTo;
      const size = Math.min(message.byteLength, credit - served.sent);
      if (size > 0) served.send(message.subarray(0, size), { end: true, text: false });
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await closed).toMatchObject({ code: 1013, reason: expect.stringContaining("without a message") });
    expect(served.sent).toBeLessThan(9 * 1024 * 1024);
  });
});
