import { count } from "./tally.ts";

type Method = (...args: unknown[]) => unknown;

/** The local runtime keeps each object's name in a table of its own, which Cloudflare's does not have. */
const LOCAL_ONLY = "__miniflare_";

/** An object's storage, counted in place: every row of every statement, every key, every alarm that is set. */
export class CountedStorage {
  /** For the benchmark alone. */
  readonly setAlarmUncounted: (at: number) => Promise<void>;
  readonly getAlarmUncounted: () => Promise<number | null>;
  readonly #where: string;
  #cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];

  constructor(storage: DurableObjectStorage, where: string) {
    this.#where = where;
    this.setAlarmUncounted = storage.setAlarm.bind(storage);
    this.getAlarmUncounted = storage.getAlarm.bind(storage);
    const { sql, kv } = storage;
    const exec = sql.exec.bind(sql);
    const counted = (query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      if (!query.includes(LOCAL_ONLY)) this.#cursors.push(cursor);
      return cursor;
    };
    Object.defineProperty(sql, "exec", { value: counted });
    this.#count(storage, "setAlarm", "rowsWritten", "alarmsSet");
    this.#count(storage, "getAlarm", "rowsRead");
    this.#count(storage, "list", "rowsRead");
    this.#count(storage, "put", "rowsWritten");
    this.#count(storage, "delete", "rowsWritten");
    this.#count(kv, "get", "rowsRead");
    this.#count(kv, "put", "rowsWritten");
    this.#count(kv, "delete", "rowsWritten");
  }

  /** Takes what the statements so far read and wrote. Called while the object still runs: a cursor ends with its turn. */
  settle(): void {
    const cursors = this.#cursors;
    this.#cursors = [];
    for (const { rowsRead, rowsWritten } of cursors) {
      count(`${this.#where}.rowsRead`, rowsRead);
      count(`${this.#where}.rowsWritten`, rowsWritten);
    }
  }

  /** What a benchmark itself asked is not counted. */
  forget(): void {
    this.#cursors = [];
  }

  #count(target: object, method: string, ...names: string[]): void {
    const real = (target as Record<string, Method | undefined>)[method];
    if (!real) throw new Error(`no method ${method}`);
    const value = (...args: unknown[]) => {
      for (const name of names) count(`${this.#where}.${name}`);
      return real.apply(target, args);
    };
    Object.defineProperty(target, method, { value });
  }
}
