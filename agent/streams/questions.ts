import { API_VERSION } from "../../domain/desired/index.ts";
import { novaAppSpecSchema } from "../../protocol/resources/app.ts";
import { MAX_RENDER_REQUEST_BYTES } from "../../protocol/resources/rendering.ts";
import type { StreamTarget } from "../../protocol/tunnel/frames.ts";
import { isDnsSubdomain } from "../kube/index.ts";
import type { NovaApp } from "../operator/resources.ts";
import type { OperatorHandle } from "../operator/types.ts";
import { StreamError } from "./errors.ts";
import { segment } from "./logs.ts";
import type { Stream } from "./types.ts";

type Target<K extends StreamTarget["kind"]> = Extract<StreamTarget, { kind: K }>;

/** What streams ask the controllers; undefined while none run here. */
export type Questioned = () => Pick<OperatorHandle, "render" | "view"> | undefined;

/** What a NovaApp would become. Nothing is written. */
export async function serveRender(
  stream: Stream,
  target: Target<"render">,
  operator: Questioned,
): Promise<void> {
  const namespace = segment(target.namespace);
  const app = novaApp(await bodyOf(stream), namespace);
  await answer(stream, await running(operator).render(app, stream.signal));
}

/** How the graph of a NovaApp stands. */
export async function serveGraph(
  stream: Stream,
  target: Target<"graph">,
  operator: Questioned,
): Promise<void> {
  const view = await running(operator).view(segment(target.namespace), segment(target.app));
  if (!view) throw new StreamError("KN-1200", `there is no graph of ${target.app} in ${target.namespace}`);
  await answer(stream, view);
}

function running(operator: Questioned): NonNullable<ReturnType<Questioned>> {
  const handle = operator();
  if (handle) return handle;
  throw new StreamError("KN-1502", "no controllers run here: the agent is read-only, or has just started");
}

async function answer(stream: Stream, value: unknown): Promise<void> {
  stream.opened(200, [["content-type", "application/json"]]);
  await stream.write({ bytes: Buffer.from(JSON.stringify(value)), messageEnd: false, text: false });
  stream.end();
}

/** All that the edge sends, up to the bound. */
function bodyOf(stream: Stream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    stream.signal.addEventListener("abort", () => reject(stream.signal.reason as Error), { once: true });
    stream.listen({
      onMessage(message, taken) {
        bytes += message.bytes.byteLength;
        if (bytes > MAX_RENDER_REQUEST_BYTES)
          return reject(new StreamError("KN-1003", `more than ${MAX_RENDER_REQUEST_BYTES} bytes to render`));
        parts.push(message.bytes);
        taken();
      },
      onEnd: () => resolve(Buffer.concat(parts)),
    });
  });
}

/** The body as the resource that the desired store would have written. @throws StreamError */
function novaApp(body: Buffer, namespace: string): NovaApp {
  let value: { metadata?: { name?: unknown; labels?: Record<string, string> }; spec?: unknown };
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new StreamError("KN-1502", "what is to be rendered is not JSON");
  }
  const { name, labels = {} } = value.metadata ?? {};
  const spec = novaAppSpecSchema.safeParse(value.spec);
  if (!spec.success || typeof name !== "string" || !isDnsSubdomain(name)) {
    const issue = spec.error?.issues[0];
    const where = issue ? `spec.${issue.path.join(".")}: ${issue.message}` : "metadata.name";
    throw new StreamError("KN-1502", `not a NovaApp that this agent knows: ${where}`);
  }
  return {
    apiVersion: API_VERSION,
    kind: "NovaApp",
    metadata: { name, namespace, labels, uid: "", resourceVersion: "" },
    spec: spec.data,
  };
}
