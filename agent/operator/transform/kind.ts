import { API_VERSION } from "../../../domain/desired/index.ts";
import { ANNOTATION, APPLIER_SERVICE_ACCOUNT } from "../../../domain/names/labels.ts";
import type { TransformSpec, TransformStatus } from "../../../protocol/resources/transform.ts";
import type { Engine } from "../../engine/index.ts";
import { objectKey } from "../../kube/index.ts";
import type { Appliers } from "../appliers.ts";
import type { Kind, Rendering, Status } from "../kind.ts";
import type { Namespaces } from "../namespaces.ts";
import type { Modules, Order } from "../rendering/modules.ts";
import { durationMs } from "../rendering/moving.ts";
import { type ActorOptions, actorOf } from "../rendering/reader.ts";
import type { Resource, Transform } from "../resources.ts";
import type { Outcome } from "../status.ts";
import { transformNews } from "./news.ts";
import { transformStatus } from "./status.ts";

export interface TransformContext extends ActorOptions {
  engine: Pick<Engine, "get">;
  modules: Modules;
  appliers: Pick<Appliers, "has">;
  namespaces: Pick<Namespaces, "labels">;
}

const DEFAULT_INTERVAL_MS = 300_000;
const PREFIX = "transform-";
const MAX_NAME = 253;

/** A Transform only renders; its graph alone touches the cluster. */
export function transformKind(ctx: TransformContext): Kind {
  const graphOf = ({ metadata: { namespace = "", name } }: Resource) => ({
    namespace,
    name: `${PREFIX}${name}`,
  });
  const liveOf = (resource: Resource) => {
    const { namespace, name } = graphOf(resource);
    return ctx.engine.get(`${namespace}/${name}`);
  };
  return {
    graphOf,
    render(resource, live) {
      const transform = resource as Transform;
      const refusal = refusalOf(ctx, transform);
      if (refusal) return { outcome: refusal };
      if (transform.spec.suspend) {
        ctx.modules.forget(keyOf(transform), `${transform.metadata.namespace}/${graphOf(transform).name}`);
        return suspended(live);
      }
      return ctx.modules.render(orderOf(ctx, transform), live);
    },
    wrote: (resource, live) => ctx.modules.wrote(keyOf(resource), live),
    status(resource, outcome, now) {
      const live = liveOf(resource);
      const { uid, name, namespace = "" } = live?.metadata ?? {};
      const graph =
        live && name ? { apiVersion: API_VERSION, kind: "ResourceGraph", namespace, name, uid } : undefined;
      const standing = ctx.modules.standing(keyOf(resource));
      return transformStatus(resource as Transform, { outcome, standing, graph }, now) as Status;
    },
    news(resource, status) {
      const standing = ctx.modules.standing(keyOf(resource));
      const error = standing?.state === "failed" ? standing.error : undefined;
      return transformNews(resource.status as TransformStatus | undefined, status as TransformStatus, error);
    },
    holdDeletion: () => undefined,
    forget: (resource) =>
      ctx.modules.forget(keyOf(resource), `${resource.metadata.namespace}/${graphOf(resource).name}`),
  };
}

const keyOf = (resource: Resource): string => `${resource.kind}/${objectKey(resource)}`;

/** What is in the way whatever the module says. */
function refusalOf(
  { appliers, systemNamespace }: TransformContext,
  { metadata }: Transform,
): Outcome | undefined {
  const { namespace = "", name } = metadata;
  if (PREFIX.length + name.length > MAX_NAME) {
    const message = `the name is too long: its graph would be ${PREFIX}${name}, of more than ${MAX_NAME} characters`;
    return { phase: "Failed", reason: "InvalidName", message };
  }
  if (namespace === systemNamespace || appliers.has(namespace)) return undefined;
  const message = `the namespace ${namespace} has no ServiceAccount ${APPLIER_SERVICE_ACCOUNT}, which a Transform's objects are applied as: make the namespace an environment of a project, or make the account yourself (docs/transform.md, section 'In a namespace of your own')`;
  return { phase: "Failed", reason: "NoApplier", message };
}

/** What is there stays as it is, and is not corrected. */
function suspended(live: ReturnType<Engine["get"]>): Rendering {
  if (live) {
    const { rollbackTo: _r, historyLimit: _h, nodes, ...spec } = live.spec;
    // Nodes that are not known stay where `shards` says.
    return { spec: { ...spec, nodes: nodes ?? [], suspend: true } };
  }
  return {
    outcome: { phase: "Suspended", reason: "Suspended", message: "suspended before anything was rendered" },
  };
}

function orderOf(ctx: TransformContext, transform: Transform): Order {
  const { metadata, spec } = transform;
  const { name, namespace = "", uid, annotations } = metadata;
  const labels = ctx.namespaces.labels(namespace);
  const place = Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [label.slice(label.indexOf("/") + 1), value]),
  );
  const actor = actorOf(namespace, ctx);
  return {
    key: keyOf(transform),
    uid,
    job: {
      ...{ namespace, actor, tenant: place.tenant ?? namespace },
      cueRef: spec.cueRef,
      input: spec.input ?? {},
      policies: spec.policies ?? [],
      context: { ...place, name, namespace },
    },
    frame: {
      applyAs: actor.applyAs,
      sourceRef: { apiVersion: API_VERSION, kind: "Transform", name, uid },
      metadata: { name },
      labels,
      ...passedOn(spec),
    },
    intervalMs: durationMs(spec.interval ?? "") ?? DEFAULT_INTERVAL_MS,
    force: annotations?.[ANNOTATION.reconcileAt],
  };
}

const passedOn = ({ adopt, prune, drift }: TransformSpec) => ({
  ...(adopt ? { adopt } : {}),
  ...(prune ? { prune } : {}),
  ...(drift ? { drift } : {}),
});
