import { APPLIER_SERVICE_ACCOUNT } from "../../../domain/names/labels.ts";
import type { ApplyAs } from "../../../protocol/resources/graph.ts";
import { type Identity, isKind, type Kube, type LiveObject } from "../../kube/index.ts";
import { errorText } from "../../log.ts";
import { type NamespaceReader, SourceError } from "../../sources/types.ts";

/** Who acts for what is rendered in a namespace: sources are read, and the graph is applied, as the same one. */
export interface Actor {
  applyAs: ApplyAs;
  /** Undefined: the agent itself. */
  as?: Identity;
}

export interface ActorOptions {
  systemNamespace: string;
  /** ServiceAccount of the agent's namespace with wide rights, where the installation has one. */
  platformAccount?: string;
}

/** decisions.md 1: the applier of the namespace; in the agent's own namespace the platform account, else the agent. */
export function actorOf(namespace: string, { systemNamespace, platformAccount }: ActorOptions): Actor {
  if (namespace === systemNamespace && platformAccount === undefined) return { applyAs: { kind: "Agent" } };
  const isSystem = namespace === systemNamespace;
  const name = isSystem && platformAccount !== undefined ? platformAccount : APPLIER_SERVICE_ACCOUNT;
  return {
    applyAs: { kind: "ServiceAccount", namespace, name },
    as: { namespace, serviceAccount: name },
  };
}

/** ConfigMaps and Secrets of one namespace, read as whoever acts there: a tenant's module sees what the tenant may see. */
export function namespaceReader(
  kube: Kube,
  { namespace, tenant }: { namespace: string; tenant: string },
  { as }: Actor,
  signal: AbortSignal,
): NamespaceReader {
  const read = async (kind: "Secret" | "ConfigMap", name: string): Promise<LiveObject> => {
    try {
      const ref = { apiVersion: "v1", kind, namespace, name };
      return await kube.get(ref, { signal, ...(as ? { as } : {}) });
    } catch (error) {
      signal.throwIfAborted();
      throw asSourceError(error, { kind, name, namespace });
    }
  };
  return {
    namespace,
    tenant,
    async secret(name) {
      return decoded((await read("Secret", name)).data);
    },
    async configMap(name) {
      const { data, binaryData } = await read("ConfigMap", name);
      return new Map([...encoded(data), ...decoded(binaryData)]);
    },
  };
}

const entries = (value: unknown): [string, string][] =>
  Object.entries((value ?? {}) as Record<string, string>);
const decoded = (data: unknown) =>
  new Map(entries(data).map(([key, text]) => [key, Buffer.from(text, "base64") as Uint8Array]));
const encoded = (data: unknown) =>
  new Map(entries(data).map(([key, text]) => [key, Buffer.from(text, "utf8") as Uint8Array]));

function asSourceError(
  error: unknown,
  { kind: what, name, namespace }: { kind: string; name: string; namespace: string },
): SourceError {
  const say = (kind: SourceError["kind"], words: string) =>
    new SourceError(kind, `${what} ${name}: ${words}`, { cause: error });
  if (isKind(error, "notFound")) {
    const message = `there is no ${what} ${name} in the namespace ${namespace}`;
    return new SourceError("not-found", message, { cause: error });
  }
  if (isKind(error, "forbidden", "unauthorized")) return say("forbidden", error.message);
  if (isKind(error, "invalid", "tooLarge")) return say("invalid", error.message);
  return say("unreachable", errorText(error));
}
