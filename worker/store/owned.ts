import type { InferSelectModel } from "drizzle-orm";
import type { AnySQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { insertRow, updateRow, type Versioned } from "./rows.ts";
import type { TenantScope } from "./scope.ts";

/** A table whose rows belong to a tenant. */
export type OwnedTable = SQLiteTable & { tenantId: AnySQLiteColumn };

/** Inserts a row of the scope's tenant. */
export const insertOwned = <T extends OwnedTable>(
  scope: TenantScope,
  table: T,
  row: Omit<T["$inferInsert"], "tenantId">,
): D1PreparedStatement =>
  insertRow(scope.db, table, { ...row, tenantId: scope.tenantId } as T["$inferInsert"]);

/** Guarded update of a row of the scope's tenant; see {@link updateRow}. */
export const updateOwned = <T extends OwnedTable>(
  scope: TenantScope,
  table: T,
  read: Versioned,
  changes: Partial<InferSelectModel<T>>,
  grow: string[] = [],
): D1PreparedStatement[] =>
  updateRow(scope.db, table, read, changes, { where: { sql: "tenant_id = ?", value: scope.tenantId }, grow });
