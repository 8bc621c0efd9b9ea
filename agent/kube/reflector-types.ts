import type { Clock, Random } from "./clock.ts";
import type { LiveObject, RequestOptions, Selectors, TypeRef } from "./types.ts";

/**
 * `starting` → `listing` → `watching` ↔ `backoff`, at last `stopped`. `absent`: the server has no such kind
 * (yet); it is asked again, and what the store held stays, since a kind that cannot be listed proves nothing.
 */
export type ReflectorState = "starting" | "listing" | "watching" | "backoff" | "absent" | "stopped";

export interface ReflectorHealth {
  state: ReflectorState;
  /** Listed at least once since the start. */
  synced: boolean;
  objects: number;
  resourceVersion: string;
  /** Seconds since the server last said anything (events and bookmarks alike); bookmarks come once a minute. */
  secondsSinceContact: number;
  lists: number;
  watches: number;
  events: number;
  /** Times that everything was listed anew: history was gone (410), or a connection broke or went silent. */
  relists: number;
  /** Exceptions thrown by handlers or transform. */
  handlerErrors: number;
  failuresInARow: number;
  lastError?: string;
}

/** Handlers run one after another, in the order of the events; an exception is counted and stops nothing. */
export interface ReflectorHandler<T> {
  added?(object: T, key: string): void;
  updated?(object: T, old: T, key: string): void;
  /**
   * `last` is the newest state known. `observed` is false where a relist found it missing. With a label or field
   * selector this also means "no longer matches": confirm by a GET before concluding that it is gone.
   */
  deleted?(last: T, key: string, info: { observed: boolean }): void;
}

export interface ReflectorOptions<T> extends Selectors, Pick<RequestOptions, "as"> {
  type: TypeRef;
  /**
   * What the store keeps of an object. Default: the object without managedFields. Runs once an event; it must not
   * depend on anything but its argument.
   */
  transform?: (object: LiveObject) => T;
  /** Told each time that a full list stands in the store: after a failure everything is listed anew. */
  onListed?: () => void;
  /** Told about each error that leads to a backoff, and each exception of a handler. */
  onError?: (error: unknown) => void;
  clock?: Clock;
  random?: Random;
}

/** Keys are `namespace/name`, or `name` for cluster-scoped kinds (see `objectKey`). */
export interface ReflectorStore<T> {
  readonly size: number;
  get(key: string): T | undefined;
  has(key: string): boolean;
  keys(): IterableIterator<string>;
  values(): IterableIterator<T>;
  entries(): IterableIterator<[string, T]>;
}

/** A live copy of one kind: listed once, then watched, for as long as it runs. */
export interface Reflector<T = LiveObject> {
  readonly type: TypeRef;
  readonly store: ReflectorStore<T>;
  /** Resolves when the first full list stands in the store; rejects only where it is stopped before. */
  readonly synced: Promise<void>;
  /** Late handlers are first told of every present object. Returns the way to take it off again. */
  on(handler: ReflectorHandler<T>): () => void;
  /** Ends the watch; no handler runs after it resolved. */
  stop(): Promise<void>;
  health(): ReflectorHealth;
}
