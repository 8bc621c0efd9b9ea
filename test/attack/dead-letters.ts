import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ulid } from "ulid";
import { formatId } from "../../domain/ids/index.ts";

const INSERT = `INSERT INTO dead_letters (id, source, event_id, event_seq, event_type, reason, attempts, created_at)
  VALUES (?, ?, ?, ?, 'evt.test', 'a test', 5, ?)`;

const REVIVE = "UPDATE dead_letters SET state = 'dead', settled_at = NULL, settled_by = NULL";

/** Dead letters in a running manager's database: to get one by itself takes five failed tries over minutes. */
export class DeadLetters {
  readonly #db: DatabaseSync;

  constructor(managerDir: string) {
    const folder = join(managerDir, "state/v3/d1/miniflare-D1DatabaseObject");
    const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    if (!file) throw new Error(`no database in ${folder}`);
    this.#db = new DatabaseSync(join(folder, file), { timeout: 10_000 });
  }

  /** One of each event, that died on the way to its owner or in the queue to the outside. @returns their ids */
  add(source: "outbox" | "queue", events: readonly { id: string; seq: number }[]): string[] {
    const insert = this.#db.prepare(INSERT);
    return events.map((event) => {
      const id = formatId("deadLetter", ulid());
      insert.run(id, source, event.id, event.seq, Date.now());
      return id;
    });
  }

  /** As if nobody had replayed or discarded any. */
  revive(): void {
    this.#db.exec(REVIVE);
  }

  close(): void {
    this.#db.close();
  }
}
