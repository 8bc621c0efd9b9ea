import type { Row } from "./rows.ts";

/** Who a user is, and where he is a member. */
export interface Me {
  email: string;
  displayName: string | null;
  tenants: { id: string; name: string; displayName: string | null }[];
}

export const findMe = (db: D1Database, userId: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT u.email AS email, u.display_name AS displayName,
        (SELECT json_group_array(json_object('id', t.id, 'name', t.name, 'displayName', t.display_name))
          FROM memberships m JOIN tenants t ON t.id = m.tenant_id
          WHERE m.user_id = u.id AND t.deleted_at IS NULL) AS tenants
      FROM users u WHERE u.id = ?`,
    )
    .bind(userId);

export const meOf = (row: Row | undefined): Me | undefined =>
  row && {
    email: row.email as string,
    displayName: row.displayName as string | null,
    tenants: JSON.parse(row.tenants as string),
  };
