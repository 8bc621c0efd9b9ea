import { type AccessObject, ANONYMOUS, type Permission, type Principal } from "../../domain/access/index.ts";
import type { AuditNote } from "../../domain/audit/note.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { IdKind } from "../../domain/ids/index.ts";
import type { Env } from "../env.ts";
import { newId } from "../ids.ts";
import type { CountedStream } from "../limits/stream.ts";
import { directory } from "../store/database.ts";
import { findStoredAnswer, storedAnswer } from "../store/idempotency.ts";
import { appendNote } from "./audit-notes.ts";
import { denialOf, noteEntry, refusalOf } from "./audited.ts";
import { Authority } from "./authority.ts";
import type { Answer, Call, Commit } from "./call.ts";
import type { CallInput } from "./call-input.ts";
import { batch, commitMutation } from "./committing.ts";
import { type Repeat, type Required, replayOf } from "./idempotency.ts";
import { OutboxAlarm } from "./outbox-alarm.ts";
import { checkPrecondition } from "./preconditions.ts";

/** The one implementation of {@link Call}. */
export class RunningCall implements Call {
  readonly env: Env;
  readonly request: Request;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly requestId: string;
  readonly correlationId: string;
  readonly now: number;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly authority: Authority;
  readonly #input: CallInput;
  readonly #alarm: OutboxAlarm;
  readonly attempt: number;
  /** What the answer is made of, where it is counted. */
  stream: CountedStream | undefined;
  /** The answer that this request got before; whoever lost the right to it since does not get it again. */
  #replay: Repeat | undefined;
  /** What was allowed beside the route's action. */
  readonly #required: Required = [];

  constructor(input: CallInput, attempt = 1) {
    this.attempt = attempt;
    this.env = input.env;
    this.request = input.request;
    this.params = input.params;
    this.query = input.query;
    this.body = input.body;
    this.authority = new Authority(input.env, input.caller, input.now);
    this.requestId = input.requestId;
    this.correlationId = input.correlationId;
    this.now = input.now;
    this.waitUntil = input.waitUntil;
    this.#input = input;
    this.#alarm = new OutboxAlarm(input.env);
    this.authority.authorized = input.route.action === "public";
  }

  newId = (kind: IdKind): string => newId(kind, this.now);

  get principal(): Principal {
    return this.authority.principal;
  }

  authorize(object: AccessObject, missing?: string): void {
    const { action } = this.#input.route;
    if (action === "self") this.authority.authorizeSelf();
    else if (action !== "public") this.#ask(action, object, missing);
    if (this.#replay) this.#repeat(this.#replay);
  }

  /** What the handler would ask for further on depends on what is there, which the first request has changed. */
  #repeat({ end, required }: Repeat): never {
    for (const { permission, object } of required) this.#ask(permission, object);
    throw end;
  }

  can(permission: Permission, object: AccessObject): boolean {
    return this.authority.can(permission, object);
  }

  require(permission: Permission, object: AccessObject, missing?: string): void {
    this.#ask(permission, object, missing);
    this.#required.push({ permission, object });
  }

  /** A refusal stands in the audit log, unless what was asked for does not exist at all. */
  #ask(permission: Permission, object: AccessObject, missing?: string): void {
    try {
      this.authority.authorize(permission, object, missing);
    } catch (error) {
      const hidden = error instanceof KubeNovaError && error.code === "KN-1200";
      if (!hidden || Object.keys(object).length > 0) this.audit(denialOf(permission, object, hidden));
      throw error;
    }
  }

  async read(db: D1Database, statements: D1PreparedStatement[]) {
    const idempotent = this.#input.idempotent;
    if (this.#input.route.method !== "get") this.#alarm.arm();
    const all = idempotent ? [...statements, findStoredAnswer(db, idempotent.id)] : statements;
    const results = await this.look(db, all);
    if (idempotent) {
      this.#replay = replayOf(storedAnswer(results.pop()?.results[0]), idempotent, this.now);
    }
    if (this.#replay && this.#input.route.action === "public") throw this.#replay.end;
    return results;
  }

  async countStream(): Promise<void> {
    this.stream ??= await this.#input.gate?.openStream(this.authority, this.requestId);
  }

  async identify(): Promise<void> {
    await this.look(directory(this.env), []);
  }

  async look(db: D1Database, statements: D1PreparedStatement[]) {
    const { statement } = this.authority;
    if (!statement) return statements.length > 0 ? batch(this.#input.trace, "read", db, statements) : [];
    const home = directory(this.env);
    const [results, own] =
      db === home
        ? await batch(this.#input.trace, "read", db, [...statements, statement]).then(
            (all) => [all, all.pop()] as const,
          )
        : await Promise.all([
            batch(this.#input.trace, "read", db, statements),
            statement.run<Record<string, unknown>>(),
          ]);
    this.#resolve(own?.results[0]);
    return results;
  }

  /** That a revoked or expired credential came again stands in the log; what was never one of ours does not. */
  #resolve(row: Record<string, unknown> | undefined): void {
    try {
      this.authority.resolve(row);
    } catch (error) {
      const { refused } = this.authority;
      if (refused) this.audit(refusalOf(refused.principal, refused.why));
      throw error;
    }
  }

  audit(note: AuditNote): void {
    const entry = noteEntry(this, this.#input.route, note);
    if (entry.actor.kind !== ANONYMOUS.kind) this.waitUntil(appendNote(this.env, entry));
  }

  commit(commit: Commit): Promise<Answer> {
    return commitMutation(this, this.#input, this.#alarm, commit, this.#required);
  }

  checkPrecondition(existing: { version: number } | undefined): void {
    checkPrecondition(this.request.headers, existing);
  }
}
