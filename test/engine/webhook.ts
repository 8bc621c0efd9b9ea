import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import type { Kube } from "../../agent/kube/index.ts";
import { makeCertificate } from "../manager/certificate.ts";

/** What the webhook does with each object: admits it, refuses it in these words, hangs, or changes `data`. */
export type Mood = { admit: true } | { deny: string } | { hang: true } | { set: Record<string, string> };

/** An admission webhook for the ConfigMaps, or another kind, of one namespace, whose mood a test changes. */
export interface Webhook {
  mood: Mood;
  /** Objects that it was asked about. */
  readonly asked: number;
  close(): Promise<void>;
}

export interface WebhookOptions {
  namespace: string;
  kind: "Validating" | "Mutating";
  failurePolicy?: "Fail" | "Ignore";
  /** What it is asked about, where that is not ConfigMaps. */
  of?: { apiGroup: string; apiVersion: string; resource: string };
}

const GROUP = "admissionregistration.k8s.io/v1";

const CONFIG_MAPS = { apiGroup: "", apiVersion: "v1", resource: "configmaps" };

export async function startWebhook(kube: Kube, options: WebhookOptions): Promise<Webhook> {
  const { namespace, kind, failurePolicy = "Fail", of = CONFIG_MAPS } = options;
  const folder = mkdtempSync(join(tmpdir(), "kubenova-webhook-"));
  const files = await makeCertificate(folder, "127.0.0.1");
  const [cert, key, ca] = [files.cert, files.key, files.ca].map((file) => readFileSync(file));
  const state: { mood: Mood; asked: number } = { mood: { admit: true }, asked: 0 };
  const server = createServer({ cert, key }, async (request, response) => {
    const { request: review } = (await json(request)) as { request: { uid: string; object: object } };
    state.asked += 1;
    const { mood } = state;
    if ("hang" in mood) return;
    response.setHeader("content-type", "application/json");
    const answer = { uid: review.uid, ...answerOf(mood) };
    response.end(
      JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ref = {
    apiVersion: GROUP,
    kind: `${kind}WebhookConfiguration`,
    name: `${namespace}-${kind.toLowerCase()}`,
  };
  await kube.apply({
    ...{ apiVersion: ref.apiVersion, kind: ref.kind, metadata: { name: ref.name } },
    webhooks: [
      {
        name: `${of.resource}.webhook.test`,
        clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: ca?.toString("base64") },
        rules: [
          {
            apiGroups: [of.apiGroup],
            apiVersions: [of.apiVersion],
            resources: [of.resource],
            operations: ["CREATE", "UPDATE"],
          },
        ],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        ...{ failurePolicy, timeoutSeconds: 1, sideEffects: "None", admissionReviewVersions: ["v1"] },
      },
    ],
  });
  return {
    get mood() {
      return state.mood;
    },
    set mood(mood) {
      state.mood = mood;
    },
    get asked() {
      return state.asked;
    },
    async close() {
      await kube.delete(ref);
      await closed(server);
      rmSync(folder, { recursive: true });
    },
  };
}

function answerOf(mood: Exclude<Mood, { hang: true }>): object {
  if ("deny" in mood) return { allowed: false, status: { message: mood.deny, code: 403 } };
  if ("admit" in mood) return { allowed: true };
  const patch = Object.entries(mood.set).map(([key, value]) => ({ op: "add", path: `/data/${key}`, value }));
  return {
    allowed: true,
    patchType: "JSONPatch",
    patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
