import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { auditLog } from "./audit-log.ts";

const AGENT = "system:serviceaccount:kubenova-system:kubenova-agent";
const line = (verb: string, resource: string, more: object = {}) =>
  `${JSON.stringify({
    stage: "ResponseComplete",
    verb,
    user: { username: AGENT },
    requestURI: `/api/v1/${resource}`,
    objectRef: { resource },
    ...more,
  })}\n`;

it("counts the agent's changes after a mark: no Lease, no reads, no dry run, no review, nobody else's", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubenova-audit-"));
  const file = join(folder, "audit.log");
  try {
    const before = line("patch", "configmaps");
    writeFileSync(file, before);
    const log = auditLog(file);
    const mark = log.mark();
    const impersonated = { impersonatedUser: { username: "system:serviceaccount:a:kubenova-applier" } };
    const counted = [
      line("patch", "configmaps", impersonated),
      line("patch", "novaapps", { objectRef: { resource: "novaapps", subresource: "status" } }),
      line("create", "events"),
    ];
    const left = [
      line("update", "leases"),
      line("watch", "configmaps"),
      line("patch", "configmaps", { requestURI: "/api/v1/configmaps/a?dryRun=All&force=true" }),
      line("create", "selfsubjectreviews"),
      line("patch", "configmaps", { user: { username: "admin" } }),
      line("patch", "configmaps", { stage: "ResponseStarted" }),
      line("patch", "configmaps").slice(0, 20),
    ];
    writeFileSync(file, before + counted.join("") + left.join(""));
    expect(log.writesSince(mark)).toEqual({
      total: 3,
      events: 1,
      kinds: { "patch configmaps": 1, "patch novaapps/status": 1, "create events": 1 },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
