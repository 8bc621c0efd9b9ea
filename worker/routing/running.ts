import { type AccessObject, can, type Principal } from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { IdKind } from "../../domain/ids/index.ts";
import type { Env } from "../env.ts";
import { failpoint } from "../failpoint.ts";
import { newId } from "../ids.ts";
import { recordEvents } from "../store/events.ts";
import { findStoredAnswer, storeAnswer, storedAnswer } from "../store/idempotency.ts";
import type { ActiveSpan } from "../tracing/spans.ts";
import type { Answer, Call, Commit } from "./call.ts";
import type { Route } from "./define.ts";
import { deliverSoon } from "./deliver-soon.ts";
import { type IdempotentRequest, replayIfStored, toStored } from "./idempotency.ts";
import { OutboxAlarm } from "./outbox-alarm.ts";
import { checkPrecondition } from "./preconditions.ts";
import { tracedDelivery } from "./traced-delivery.ts";

/** Ends a handler's run: what it read has changed since. It runs again and sees the newest state. */
export class LostRace extends Error {}

export interface CallInput {
  route: Route;
  env: Env;
  request: Request;
  params: unknown;
  query: unknown;
  body: unknown;
  principal: Principal;
  requestId: string;
  correlationId: string;
  now: number;
  idempotent: IdempotentRequest | undefined;
  /** The request's span, where tracing is on. */
  trace?: ActiveSpan | undefined;
  waitUntil(work: Promise<unknown>): void;
}

/** The one implementation of {@link Call}. */
export class RunningCall implements Call {
  readonly env: Env;
  readonly request: Request;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly principal: Principal;
  readonly requestId: string;
  readonly correlationId: string;
  readonly now: number;
  readonly waitUntil: (work: Promise<unknown>) => void;
  authorized: boolean;
  readonly #route: Route;
  readonly #idempotent: IdempotentRequest | undefined;
  readonly #trace: ActiveSpan | undefined;
  readonly #alarm: OutboxAlarm;
  readonly attempt: number;

  constructor(input: CallInput, attempt = 1) {
    this.attempt = attempt;
    this.env = input.env;
    this.request = input.request;
    this.params = input.params;
    this.query = input.query;
    this.body = input.body;
    this.principal = input.principal;
    this.requestId = input.requestId;
    this.correlationId = input.correlationId;
    this.now = input.now;
    this.waitUntil = input.waitUntil;
    this.#route = input.route;
    this.#idempotent = input.idempotent;
    this.#trace = input.trace;
    this.#alarm = new OutboxAlarm(input.env);
    this.authorized = input.route.action === "public";
  }

  newId = (kind: IdKind): string => newId(kind, this.now);

  authorize(object: AccessObject): void {
    const { action } = this.#route;
    if (action === "public" || can(this.principal, action, object)) {
      this.authorized = true;
      return;
    }
    const hidden = object.tenantId !== undefined && !can(this.principal, "tenant:get", object);
    throw new KubeNovaError(hidden ? "KN-1200" : "KN-1102");
  }

  async read(db: D1Database, statements: D1PreparedStatement[]) {
    const idempotent = this.#idempotent;
    if (this.#route.method !== "get") this.#alarm.arm();
    const all = idempotent ? [...statements, findStoredAnswer(db, idempotent.id)] : statements;
    const results = await this.#batch("read", db, all);
    if (idempotent) replayIfStored(storedAnswer(results.pop()?.results[0]), idempotent, this.now);
    return results;
  }

  async commit({ db, statements, events, answer, secretReference }: Commit): Promise<Answer> {
    if (statements.length === 0 && events.length === 0 && !this.#idempotent) return answer;
    this.#alarm.arm();
    const recorded = recordEvents(db, this.#origin(), events);
    const all = [...statements, ...recorded.statements];
    if (this.#idempotent) {
      all.push(...storeAnswer(db, toStored(this.#idempotent, answer, this.now, secretReference)));
    }
    await this.#alarm.armed;
    await failpoint(this.env, "armed");
    await this.#batch("commit", db, all).catch((error: unknown) => {
      throw /SQLITE_CONSTRAINT|constraint failed/i.test(String(error)) ? new LostRace() : error;
    });
    if (recorded.ids.length > 0) this.waitUntil(this.#deliver(recorded.ids));
    return answer;
  }

  /** One round trip to the database, seen in the request's trace. */
  #batch(name: string, db: D1Database, statements: D1PreparedStatement[]) {
    const work = () => db.batch<Record<string, unknown>>(statements);
    const attributes = { "db.system.name": "sqlite", "db.operation.batch.size": statements.length };
    return this.#trace ? this.#trace.around(`d1 ${name}`, "client", attributes, work) : work();
  }

  #deliver(ids: string[]): Promise<void> {
    const deliver = () => deliverSoon(this.env, ids);
    return this.#trace ? tracedDelivery(this.env, this.#trace, this.correlationId, deliver) : deliver();
  }

  checkPrecondition(existing: { version: number } | undefined): void {
    checkPrecondition(this.request.headers, existing);
  }

  #origin() {
    return {
      actor: this.principal.id,
      correlationId: this.correlationId,
      ...(this.#idempotent ? { idempotencyKey: this.#idempotent.key } : {}),
      now: this.now,
      shard: this.#alarm.shard,
      newId: this.newId,
    };
  }
}
