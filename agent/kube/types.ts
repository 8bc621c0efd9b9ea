import type { Readable } from "node:stream";
import type { KubeList, KubeObject, LiveObject, ObjectRef, ResourceType, TypeRef } from "./objects.ts";
import type {
  ApplyOptions,
  CreateOptions,
  DeleteOptions,
  DeleteResult,
  GetOptions,
  ListOptions,
  PatchOptions,
  ReplaceOptions,
  RequestOptions,
} from "./options.ts";

export type * from "./objects.ts";
export type * from "./options.ts";

/** A request by path, for what has no verb above (logs, proxies, evictions, tokens, reviews). */
export interface RawRequest extends RequestOptions {
  /** Default `GET`. */
  method?: string;
  /** Absolute, e.g. `/api/v1/namespaces/x/pods/y/log`, without a query. */
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** `authorization` and `impersonate-*` are refused: identity comes from `as`. */
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** How the request is named to `onRequest`; default `raw` and no resource. */
  metric?: { verb: string; resource: string };
}

export interface RawResponse {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export interface StreamRequest extends Omit<RawRequest, "body"> {
  body?: string | Uint8Array | Readable;
  /** Until the answer's headers; default 30,000. */
  headersTimeoutMs?: number;
}

export interface StreamResponse {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Pushes back: unread bytes hold the server up. Destroy it to end the request. */
  body: Readable;
}

/** What another protocol needs to reach the API server (a WebSocket for exec or port-forward). */
export interface ConnectTarget {
  /** https URL, path and query included. */
  url: URL;
  /** Authorization, impersonation and Audit-ID. Secret: never log it. */
  headers: Record<string, string | string[]>;
  tls: {
    ca?: string | Buffer;
    cert?: string | Buffer;
    key?: string | Buffer;
    servername?: string;
    rejectUnauthorized?: boolean;
  };
}

/**
 * A client of one API server. Every failed call rejects with a `KubeError`, one that `signal` ended with the
 * signal's reason. Requests are bounded in flight; 429 and Retry-After are honoured within the deadline.
 */
export interface Kube {
  readonly server: string;
  /** Then every write, dry-run included, rejects with a `ReadOnlyError` before anything is sent. */
  readonly readOnly: boolean;

  get(ref: ObjectRef, options?: GetOptions): Promise<LiveObject>;
  /** One page where `limit` is given, else everything in one answer. */
  list(type: TypeRef, options?: ListOptions): Promise<KubeList>;
  /** Page by page (default 500 a page), consistent; starts anew in one answer where a continue token expired. */
  listAll(type: TypeRef, options?: Omit<ListOptions, "continue">): Promise<KubeList>;
  create(object: KubeObject, options?: CreateOptions): Promise<LiveObject>;
  /** Server-side apply of exactly this object's JSON. */
  apply(object: KubeObject, options?: ApplyOptions): Promise<LiveObject>;
  patch(ref: ObjectRef, patch: object, options?: PatchOptions): Promise<LiveObject>;
  replace(object: KubeObject, options?: ReplaceOptions): Promise<LiveObject>;
  /** Rejects with kind `notFound` where it is not there. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<DeleteResult>;

  /** By path, whole answer in memory. Statuses of 400 and above reject. */
  request(request: RawRequest): Promise<RawResponse>;
  /** By path, answer as a stream; every status resolves. Not counted among the bounded requests. */
  stream(request: StreamRequest): Promise<StreamResponse>;
  connectTarget(
    path: string,
    options?: RequestOptions & { query?: RawRequest["query"] },
  ): Promise<ConnectTarget>;

  /** The kind's resource, from cached discovery, asked anew where missing. Rejects with kind `noSuchKind`. */
  resolve(type: TypeRef): Promise<ResourceType>;
  /** All kinds the server offers, from cached discovery; `refresh` asks anew. */
  resourceTypes(options?: { refresh?: boolean }): Promise<readonly ResourceType[]>;

  serverVersion(): Promise<ServerVersion>;
  /** The cluster's identity: the UID of its kube-system namespace. */
  kubeSystemUid(): Promise<string>;

  /** The same client (connections, cache, limits) with other defaults; they add to the present ones. */
  with(defaults: Pick<RequestOptions, "as" | "auditId" | "signal" | "timeoutMs">): Kube;
  /** Closes idle connections and ends open streams. */
  close(): void;
}

export interface ServerVersion {
  /** e.g. 1 and 36. */
  major: number;
  minor: number;
  gitVersion: string;
}

/** One finished request, for metrics and logs; never carries a body or a credential. */
export interface RequestInfo {
  method: string;
  /** `get`, `list`, `watch`, `create`, `apply`, `patch`, `update`, `delete`, `raw`. */
  verb: string;
  /** `deployments.apps`, or empty for raw paths. */
  resource: string;
  /** 0 where no answer came. */
  status: number;
  seconds: number;
  dryRun: boolean;
  auditId?: string;
  /** `Warning` headers of the answer, e.g. deprecated API versions. */
  warnings: readonly string[];
  /** `Date` header of the answer. */
  date?: string;
}
