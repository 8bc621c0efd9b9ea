-- A tenant's desired document changes with the tenant and with the placement of each of its environments. The revision
-- grows here, in the database, so that no writer can forget it; every change of a placement bumps its project's.
CREATE TRIGGER `tenants_desired_revision` AFTER UPDATE OF `version` ON `tenants`
BEGIN
  UPDATE `tenants` SET `desired_revision` = `desired_revision` + 1 WHERE `id` = NEW.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `projects_tenant_desired_revision` AFTER UPDATE OF `desired_revision` ON `projects`
BEGIN
  UPDATE `tenants` SET `desired_revision` = `desired_revision` + 1 WHERE `id` = NEW.`tenant_id`;
END;
