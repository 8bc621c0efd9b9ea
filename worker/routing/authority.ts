import {
  type AccessObject,
  type Binding,
  decide,
  type Permission,
  type Principal,
} from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Env } from "../env.ts";
import type { Caller } from "../middleware/caller.ts";
import { findAccess, type LastUse, liveAccess } from "../store/access.ts";
import { directory } from "../store/database.ts";
import { touchLastUse } from "../store/last-use.ts";
import type { Row } from "../store/rows.ts";
import { verifyToken } from "../tokens/access.ts";

/** Who asks, as the database knows him in this very request, and what he is allowed. */
export class Authority {
  /** Whether an answer may be given. */
  authorized = false;
  /** Whose credential it was that is good no more. */
  refused: { principal: Principal; why: string } | undefined;
  readonly #env: Env;
  readonly #caller: Caller;
  readonly #now: number;
  readonly #usedBindings = new Set<Binding>();
  #uses: readonly LastUse[] = [];
  #principal: Principal | undefined;
  #asked: AccessObject | undefined;
  #granted: { action: Permission; object: AccessObject } | undefined;

  constructor(env: Env, caller: Caller, now: number) {
    this.#env = env;
    this.#caller = caller;
    this.#now = now;
    if (caller.kind === "known") this.#principal = caller.principal;
  }

  get principal(): Principal {
    if (!this.#principal)
      throw new Error("who asks is known with the first read of a request, not before it");
    return this.#principal;
  }

  /** Who asked for what, as far as it came: what the request is about, whatever was decided. */
  get known(): { principal: Principal; object: AccessObject } | undefined {
    return this.#principal && { principal: this.#principal, object: this.#asked ?? {} };
  }

  /** To be read once, before anything is asked here; undefined where nothing needs to be read. */
  get statement(): D1PreparedStatement | undefined {
    if (this.#principal || this.#caller.kind === "known") return undefined;
    return findAccess(directory(this.#env), this.#caller, this.#now);
  }

  /** @param row what {@link statement} gave @throws KubeNovaError KN-1100, KN-1101, KN-1103 */
  resolve(row: Row | undefined): void {
    if (this.#caller.kind === "known") return;
    const { principal, uses, over } = liveAccess(row, this.#caller, this.#now);
    if (over) {
      this.refused = { principal, why: over.message };
      throw over;
    }
    this.#principal = principal;
    this.#uses = uses;
  }

  /** Whether the principal may do something; it decides what is shown, and authorizes nothing. */
  can(action: Permission, object: AccessObject): boolean {
    return decide(this.principal, action, object).allowed;
  }

  /** @param missing what to say where the principal may not know that the object exists @throws KubeNovaError KN-1102, KN-1200 */
  authorize(action: Permission, object: AccessObject, missing?: string): void {
    this.#asked ??= object;
    const decision = decide(this.principal, action, object);
    if (decision.allowed) {
      if ("binding" in decision) this.#usedBindings.add(decision.binding);
      this.authorized = true;
      this.#granted ??= { action, object };
      return;
    }
    if (missing !== undefined && !this.#sees(object)) throw new KubeNovaError("KN-1200", missing);
    throw new KubeNovaError("KN-1102", `This needs the permission '${action}' there.`, {
      permission: action,
      rule: decision.rule,
    });
  }

  /** For what a principal does with his own things. @throws KubeNovaError KN-1102 for nobody */
  authorizeSelf(): void {
    if (this.principal.kind === "anonymous") throw new KubeNovaError("KN-1102");
    this.authorized = true;
  }

  /**
   * Whether what was first allowed still is, asked anew: for an answer that goes on after it was given. A database that
   * does not answer takes nothing away. The platform's key has no row to look at: what it opened ends with its token, or
   * with the key or the ring that the token was made by.
   */
  async stillAllowed(now: number): Promise<boolean> {
    const anew = new Authority(this.#env, this.#caller, now);
    const { statement } = anew;
    try {
      if (this.#caller.kind === "known" && this.#caller.token !== undefined)
        await verifyToken(this.#env, this.#caller.token, now);
      if (!statement || !this.#granted) return true;
      anew.resolve((await statement.first()) ?? undefined);
      return anew.can(this.#granted.action, this.#granted.object);
    } catch (error) {
      return !(error instanceof KubeNovaError);
    }
  }

  /** Writes down that the credential and what allowed the request were used; at most one write an hour for each. */
  async touch(): Promise<void> {
    const db = directory(this.#env);
    const statements = touchLastUse(db, this.#uses, this.#usedBindings, this.#now);
    if (statements.length > 0) await db.batch(statements);
  }

  /** Whether a principal may know that an object is there. */
  #sees(object: AccessObject): boolean {
    if (object.environmentId !== undefined) return this.can("environment:get", object);
    if (object.clusterId !== undefined) return this.can("cluster:get", object);
    if (object.projectId !== undefined) return this.can("project:get", object);
    return object.tenantId !== undefined && this.can("tenant:get", object);
  }
}
