import type { Scope } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import type { BindingRow, NamedBinding } from "../../store/bindings.ts";
import { directory } from "../../store/database.ts";
import { findLikeBinding, insertBinding, MAX_BINDINGS_OF_SUBJECT } from "../../store/giving.ts";
import type { Subject } from "../../store/subjects.ts";
import { accessEvent, mayGive, notThere } from "../shared/giving.ts";
import { type GivenRole, levelFits } from "../shared/role.ts";
import type { GivenAt } from "./place.ts";
import { bindingJson } from "./schema.ts";
import { bindingState } from "./state.ts";

/** What is to be given, where and to whom: all of it is there. */
export interface Giving {
  role: GivenRole;
  at: GivenAt;
  expiresAt: number | null;
}

/** A binding's row, once its giver may give it. @throws KubeNovaError KN-1002, KN-1130 */
function newBinding(call: Call, subject: string, giving: Giving): BindingRow {
  const { role, at, expiresAt } = giving;
  const { scope, owner } = at;
  levelFits(role, scope.level);
  mayGive(call, { permissions: role.permissions, scope, owner, expiresAt }, `role/${role.role}`);
  return bindingRow(call, { subject, role: role.role, tenantId: at.tenantId, scope, expiresAt });
}

/** @param by who gives it; the principal where absent */
export function bindingRow(
  call: Call,
  { scope, ...given }: Pick<BindingRow, "subject" | "role" | "tenantId" | "expiresAt"> & { scope: Scope },
  by = call.principal.id,
): BindingRow {
  const { level, ...ids } = scope;
  return {
    projectId: null,
    environmentId: null,
    clusterId: null,
    ...ids,
    ...given,
    id: call.newId("binding"),
    level,
    createdAt: call.now,
    createdBy: by,
    lastUsedAt: null,
  };
}

/** Milliseconds of a body's `expiresAt`. @throws KubeNovaError KN-1002 for one that is over */
export function expiryOf(call: Call, text: string | undefined): number | null {
  if (text === undefined) return null;
  const expiresAt = Date.parse(text);
  if (expiresAt <= call.now) throw notThere("expiresAt", "the time is over already");
  return expiresAt;
}

/** Gives a role to somebody, once. @throws KubeNovaError KN-1130, KN-1133, KN-1300 */
export async function give(call: Call, subject: Subject, giving: Giving, path: string): Promise<Answer> {
  const db = directory(call.env);
  const row = newBinding(call, subject.subject, giving);
  const [like] = await call.look(db, [findLikeBinding(db, row)]);
  const { count, same } = (like?.results[0] ?? {}) as { count: number; same: string | null };
  if (same !== null) throw new KubeNovaError("KN-1300", "The same is given already.", { id: same });
  if (count >= MAX_BINDINGS_OF_SUBJECT) {
    throw new KubeNovaError("KN-1133", undefined, { max: MAX_BINDINGS_OF_SUBJECT });
  }
  return call.commit({
    db,
    statements: insertBinding(db, row, giving.role.read),
    events: [accessEvent(row.tenantId, `binding/${row.id}`, "binding-created", { after: bindingState(row) })],
    // What the platform gives on a tenant's cluster is for its owner to see.
    audit: { tenantId: row.tenantId ?? giving.at.owner },
    answer: {
      status: 201,
      body: bindingJson(named(row, subject, giving)),
      location: `/api/v1${path}/${row.id}`,
    },
  });
}

const named = (row: BindingRow, { subject, label }: Subject, { role, at }: Giving): NamedBinding => ({
  ...row,
  subjectName: subject.startsWith("group/") ? null : label,
  roleName: role.name,
  rolePermissions: null,
  tenantName: at.names.tenant ?? null,
  projectName: at.names.project ?? null,
  environmentName: at.names.environment ?? null,
  clusterName: at.names.cluster ?? null,
  clusterOwner: at.owner,
});
