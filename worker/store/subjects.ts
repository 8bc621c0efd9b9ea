import { readEmail } from "../../domain/identity/email.ts";
import type { Row } from "./rows.ts";

/** Whom something can be given to, as he is named where it is given. */
export type SubjectName =
  | { kind: "user"; id?: string | undefined; email?: string | undefined }
  | { kind: "service-account" | "team"; name: string }
  | { kind: "group"; provider: string; name: string };

/** Somebody who is there. */
export interface Subject {
  /** `user/usr_…`, as bindings hold it. */
  subject: string;
  /** E-mail address of a user, name of anything else. */
  label: string;
  /** How many are called so: a tenant's members may be a user of the platform and one of its own with one address. */
  count: number;
}

/** A user of the platform's realm, or a member of the tenant, of whichever realm. */
const USER = `SELECT 'user/' || u.id AS subject, u.email AS label, COUNT(*) OVER () AS count FROM users u
  WHERE ?2 IN (u.id, u.email) AND IIF(?1 IS NULL, u.tenant_id IS NULL, EXISTS (SELECT 1 FROM memberships m JOIN tenants t ON t.id = m.tenant_id
    WHERE t.name = ?1 AND m.user_id = u.id))`;
/** Of that tenant alone, or of the platform alone. */
const OWNED = "tenant_id IS (SELECT id FROM tenants WHERE name = ?1) AND (?1 IS NULL) = (tenant_id IS NULL)";
const SERVICE_ACCOUNT = `SELECT 'service-account/' || id AS subject, name AS label FROM service_accounts
  WHERE name = ?2 AND ${OWNED}`;
const TEAM = `SELECT 'team/' || id AS subject, name AS label FROM teams WHERE name = ?2 AND ${OWNED}`;
/** A group of one of the platform's providers, or of the tenant's own. */
const GROUP = `SELECT 'group/' || p.id || '/' || ?2 AS subject, ?2 AS label FROM identity_providers p
  WHERE p.id = ?3 AND (p.tenant_id IS NULL OR p.tenant_id = (SELECT id FROM tenants WHERE name = ?1))`;

/**
 * Somebody to whom a tenant, or the platform, may give something: none of another tenant.
 * @param tenant its name; null for the platform
 */
export function findSubject(db: D1Database, tenant: string | null, named: SubjectName): D1PreparedStatement {
  switch (named.kind) {
    case "user":
      return db.prepare(USER).bind(tenant, named.id ?? readEmail(named.email) ?? "");
    case "service-account":
      return db.prepare(SERVICE_ACCOUNT).bind(tenant, named.name);
    case "team":
      return db.prepare(TEAM).bind(tenant, named.name);
    case "group":
      return db.prepare(GROUP).bind(tenant, named.name, named.provider);
  }
}

export const subjectOf = (row: Row | undefined): Subject | undefined =>
  row && { subject: String(row.subject), label: String(row.label), count: Number(row.count ?? 1) };

/** How somebody is called who is looked for. */
export const calledSubject = (named: SubjectName): string =>
  named.kind === "user" ? (named.id ?? named.email ?? "") : named.name;

/** What a batch must hold to: the one that was found is still there. @param tenantId null for the platform */
export function subjectStands(subject: string, tenantId: string | null): { sql: string; values: unknown[] } {
  const slash = subject.indexOf("/");
  const [kind, id] = [subject.slice(0, slash), subject.slice(slash + 1)];
  switch (kind) {
    case "user":
      return tenantId === null
        ? { sql: "EXISTS (SELECT 1 FROM users WHERE id = ? AND tenant_id IS NULL)", values: [id] }
        : {
            sql: "EXISTS (SELECT 1 FROM memberships WHERE user_id = ? AND tenant_id = ?)",
            values: [id, tenantId],
          };
    case "service-account":
      return { sql: "EXISTS (SELECT 1 FROM service_accounts WHERE id = ?)", values: [id] };
    case "team":
      return { sql: "EXISTS (SELECT 1 FROM teams WHERE id = ?)", values: [id] };
    default:
      return {
        sql: "EXISTS (SELECT 1 FROM identity_providers WHERE id = ?)",
        values: [id.slice(0, id.indexOf("/"))],
      };
  }
}

/** The same of whoever has keys, of whichever realm. @param owner `user/usr_…` or `service-account/sva_…` */
export const ownerStands = (owner: string): { sql: string; values: unknown[] } =>
  owner.startsWith("user/")
    ? { sql: "EXISTS (SELECT 1 FROM users WHERE id = ?)", values: [owner.slice("user/".length)] }
    : subjectStands(owner, null);
