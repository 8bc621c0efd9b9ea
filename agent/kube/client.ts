import type { Clock } from "./clock.ts";
import { type Call, type Core, parseAnswer } from "./core.ts";
import { createDiscovery, type Discovery } from "./discovery.ts";
import { isKind, KubeError } from "./errors.ts";
import type { KubeList, LiveObject, ResourceType, TypeRef } from "./objects.ts";
import type { DeleteResult, RequestOptions } from "./options.ts";
import { listEverything } from "./pages.ts";
import { createRaw } from "./raw.ts";
import type { Kube, ServerVersion } from "./types.ts";
import * as verbs from "./verbs.ts";

type Defaults = Parameters<Kube["with"]>[0];

/** A client over one connection. */
export function createClient(core: Core, clock: Clock): Kube {
  return clientWith(core, createDiscovery(core, clock), {});
}

function clientWith(core: Core, discovery: Discovery, defaults: Defaults): Kube {
  const merge = <T extends RequestOptions>(options: T | undefined): T & RequestOptions =>
    withDefaults(options, defaults);

  /** Resolves the kind, sends, parses; a kind whose path is gone is looked up anew next time. */
  const send = async <T>(
    type: TypeRef,
    build: (resource: ResourceType) => Call,
    options: RequestOptions,
  ): Promise<T> => {
    const call = build(await discovery.resolve(type));
    try {
      return parseAnswer<T>(await core.call(call, options));
    } catch (error) {
      if (isKind(error, "noSuchKind")) discovery.forget(type);
      throw error;
    }
  };

  const kube: Kube = {
    server: core.transport.server.href,
    readOnly: core.readOnly,
    get: (ref, options) => {
      const merged = merge(options);
      return send<LiveObject>(ref, (type) => verbs.getCall(type, ref, merged), merged);
    },
    list: async (type, options) => {
      const merged = merge(options);
      return asList(type, await send<RawList>(type, (resource) => verbs.listCall(resource, merged), merged));
    },
    listAll: (type, options) => listEverything(kube, type, options ?? {}),
    create: (object, options) => {
      const merged = merge(options);
      return send<LiveObject>(object, (type) => verbs.createCall(type, object, merged), merged);
    },
    apply: (object, options) => {
      const merged = merge(options);
      return send<LiveObject>(object, (type) => verbs.applyCall(type, object, merged), merged);
    },
    patch: (ref, patch, options) => {
      const merged = merge(options);
      return send<LiveObject>(ref, (type) => verbs.patchCall(type, ref, patch, merged), merged);
    },
    replace: (object, options) => {
      const merged = merge(options);
      return send<LiveObject>(object, (type) => verbs.replaceCall(type, object, merged), merged);
    },
    delete: async (ref, options) => {
      const merged = merge(options);
      return asDeleteResult(
        await send<LiveObject>(ref, (type) => verbs.deleteCall(type, ref, merged), merged),
      );
    },
    resolve: (type) => discovery.resolve(type),
    resourceTypes: (options) => discovery.all(options?.refresh ?? false),
    ...createRaw(core, merge),
    serverVersion: async () => asVersion(parseAnswer(await kube.request({ path: "/version" }))),
    kubeSystemUid: async () => {
      const { metadata } = await kube.get({ apiVersion: "v1", kind: "Namespace", name: "kube-system" });
      return metadata.uid;
    },
    with: (more) => clientWith(core, discovery, { ...defaults, ...more }),
    close: () => core.close(),
  };
  return kube;
}

/** A caller's explicit `undefined` never takes an identity away. */
function withDefaults<T extends RequestOptions>(
  options: T | undefined,
  defaults: Defaults,
): T & RequestOptions {
  const merged: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(options ?? {})) if (value !== undefined) merged[name] = value;
  return merged as T & RequestOptions;
}

interface RawList {
  metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items?: (Omit<LiveObject, "apiVersion" | "kind"> & Partial<TypeRef>)[] | null;
}

/** Items of built-in lists carry neither apiVersion nor kind. */
function asList(type: TypeRef, raw: RawList): KubeList {
  const { resourceVersion = "", continue: next, remainingItemCount } = raw.metadata ?? {};
  return {
    resourceVersion,
    ...(next ? { continue: next } : {}),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    items: (raw.items ?? []).map(
      (item) => ({ ...item, apiVersion: type.apiVersion, kind: type.kind }) as LiveObject,
    ),
  };
}

/** The server answers a Status where it is gone, else the object as it is while finalizers hold it. */
function asDeleteResult(answer: LiveObject): DeleteResult {
  if (answer.kind === "Status") return { gone: true };
  return answer.metadata.deletionTimestamp ? { gone: false, object: answer } : { gone: true };
}

function asVersion(raw: { major?: string; minor?: string; gitVersion?: string }): ServerVersion {
  // Vendors write "27+".
  const major = Number.parseInt(raw.major ?? "", 10);
  const minor = Number.parseInt(raw.minor ?? "", 10);
  if (Number.isNaN(major) || Number.isNaN(minor)) {
    throw new KubeError("the API server does not say its version", {
      kind: "transient",
      status: 0,
      reason: "BadAnswer",
    });
  }
  return { major, minor, gitVersion: raw.gitVersion ?? `v${major}.${minor}` };
}
