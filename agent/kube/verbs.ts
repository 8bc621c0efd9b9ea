import type { Call } from "./core.ts";
import { toJson } from "./json.ts";
import type { KubeObject, ObjectRef, ResourceType } from "./objects.ts";
import type {
  ApplyOptions,
  CreateOptions,
  DeleteOptions,
  GetOptions,
  ListOptions,
  PatchOptions,
  ReplaceOptions,
  WriteOptions,
} from "./options.ts";
import { collectionPath, namespaceOf, objectPath } from "./paths.ts";

/** decisions.md 22: one field manager for all applies, whichever graph owns the object. */
export const FIELD_MANAGER = "kubenova";

const JSON_TYPE = { "Content-Type": "application/json", Accept: "application/json" };
const ACCEPT_JSON = { Accept: "application/json" };
const PATCH_TYPES = { merge: "application/merge-patch+json", json: "application/json-patch+json" } as const;

/** Each verb as a request. Pure: options and an object in, method, path, query and bytes out. */

export function getCall(type: ResourceType, ref: ObjectRef, options: GetOptions): Call {
  const path = objectPath(type, ref, options.subresource);
  const query = { resourceVersion: options.resourceVersion };
  return { method: "GET", path, query, headers: ACCEPT_JSON, ...named("get", type), repeatable: true };
}

export function listCall(type: ResourceType, options: ListOptions): Call {
  const { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch } = options;
  const query = {
    labelSelector,
    fieldSelector,
    limit,
    continue: options.continue,
    resourceVersion,
    resourceVersionMatch,
  };
  const path = collectionPath(type, options.namespace);
  return { method: "GET", path, query, headers: ACCEPT_JSON, ...named("list", type), repeatable: true };
}

export function createCall(type: ResourceType, object: KubeObject, options: CreateOptions): Call {
  const path = collectionPath(type, namespaceOf(type, object.metadata.namespace));
  const query = { ...writeQuery(options), fieldManager: options.fieldManager ?? FIELD_MANAGER };
  return {
    method: "POST",
    path,
    query,
    ...jsonBody(object),
    ...write("create", type, options),
    repeatable: false,
  };
}

export function applyCall(type: ResourceType, object: KubeObject, options: ApplyOptions): Call {
  const path = objectPath(type, object.metadata, options.subresource);
  const query = {
    ...writeQuery(options),
    fieldManager: options.fieldManager ?? FIELD_MANAGER,
    force: options.force ? true : undefined,
  };
  const headers = { ...ACCEPT_JSON, "Content-Type": "application/apply-patch+yaml" };
  const body = toJson(object);
  return { method: "PATCH", path, query, headers, body, ...write("apply", type, options), repeatable: true };
}

export function patchCall(type: ResourceType, ref: ObjectRef, patch: object, options: PatchOptions): Call {
  const kind = options.type ?? "merge";
  const path = objectPath(type, ref, options.subresource);
  const query = { ...writeQuery(options), fieldManager: options.fieldManager ?? FIELD_MANAGER };
  const headers = { ...ACCEPT_JSON, "Content-Type": PATCH_TYPES[kind] };
  const body = toJson(patch);
  // A JSON patch may append: twice is not once.
  return {
    method: "PATCH",
    path,
    query,
    headers,
    body,
    ...write("patch", type, options),
    repeatable: kind === "merge",
  };
}

export function replaceCall(type: ResourceType, object: KubeObject, options: ReplaceOptions): Call {
  const path = objectPath(type, object.metadata, options.subresource);
  const query = { ...writeQuery(options), fieldManager: options.fieldManager ?? FIELD_MANAGER };
  return {
    method: "PUT",
    path,
    query,
    ...jsonBody(object),
    ...write("update", type, options),
    repeatable: true,
  };
}

export function deleteCall(type: ResourceType, ref: ObjectRef, options: DeleteOptions): Call {
  const { preconditions, propagationPolicy, gracePeriodSeconds } = options;
  const body = {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(preconditions ? { preconditions } : {}),
    ...(propagationPolicy ? { propagationPolicy } : {}),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(options.dryRun ? { dryRun: ["All"] } : {}),
  };
  const path = objectPath(type, ref);
  // Said in the body and in the query: a server that overlooks one of them must not delete for real.
  const query = writeQuery(options);
  return {
    method: "DELETE",
    path,
    query,
    ...jsonBody(body),
    ...write("delete", type, options),
    repeatable: true,
  };
}

function writeQuery(options: WriteOptions) {
  return { dryRun: options.dryRun ? "All" : undefined, fieldValidation: options.fieldValidation };
}

function jsonBody(value: object) {
  return { headers: JSON_TYPE, body: toJson(value) };
}

function write(verb: string, type: ResourceType, options: WriteOptions) {
  return { ...named(verb, type), dryRun: options.dryRun ?? false };
}

function named(verb: string, type: ResourceType) {
  return { verb, resource: type.group ? `${type.resource}.${type.group}` : type.resource };
}
