import type { Scope } from "../../../domain/access/index.ts";
import type { BindingRow } from "../../store/bindings.ts";
import { iso } from "../shared/catalogue.ts";

/** What events say of a binding. */
export const bindingState = (binding: BindingRow) => ({
  id: binding.id,
  subject: binding.subject,
  role: binding.role,
  level: binding.level,
  ...Object.fromEntries(
    (["projectId", "environmentId", "clusterId"] as const).flatMap((key) =>
      binding[key] === null ? [] : [[key, binding[key]]],
    ),
  ),
  expiresAt: binding.expiresAt === null ? null : iso(binding.expiresAt),
});

/** Where a binding that is there holds. */
export function scopeOfBinding(binding: BindingRow): Scope {
  const { level } = binding;
  const [tenantId, projectId, environmentId, clusterId] = [
    binding.tenantId ?? "",
    binding.projectId ?? "",
    binding.environmentId ?? "",
    binding.clusterId ?? "",
  ];
  switch (level) {
    case "platform":
      return { level };
    case "cluster":
      return { level, clusterId };
    case "tenant":
      return { level, tenantId };
    case "project":
      return { level, tenantId, projectId };
    case "environment":
      return { level, tenantId, projectId, environmentId };
  }
}
