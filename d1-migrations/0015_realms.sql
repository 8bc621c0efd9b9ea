DROP INDEX `users_email`;--> statement-breakpoint
ALTER TABLE `users` ADD `tenant_id` text;--> statement-breakpoint
CREATE UNIQUE INDEX `users_tenant_email` ON `users` (`tenant_id`,`email`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_platform_email` ON `users` (`email`) WHERE tenant_id IS NULL;--> statement-breakpoint
-- Who has logged in by providers of one tenant alone is that tenant's. Everybody else stays the platform's.
UPDATE `users` SET `tenant_id` = (
	SELECT p.tenant_id FROM identities i JOIN identity_providers p ON p.id = i.provider_id WHERE i.user_id = users.id LIMIT 1
) WHERE (
	SELECT COUNT(DISTINCT p.tenant_id) = 1 AND COUNT(p.tenant_id) = COUNT(*)
	FROM identities i LEFT JOIN identity_providers p ON p.id = i.provider_id WHERE i.user_id = users.id
);--> statement-breakpoint
-- His logins were good for that tenant alone: what he was given elsewhere never worked, and now it may not stand there.
DELETE FROM `bindings` WHERE subject LIKE 'user/%' AND EXISTS (
	SELECT 1 FROM users u WHERE u.id = substr(bindings.subject, 6) AND u.tenant_id IS NOT NULL
	AND bindings.tenant_id IS NOT u.tenant_id
);--> statement-breakpoint
DELETE FROM `memberships` WHERE EXISTS (
	SELECT 1 FROM users u WHERE u.id = memberships.user_id AND u.tenant_id IS NOT NULL
	AND memberships.tenant_id IS NOT u.tenant_id
);--> statement-breakpoint
DELETE FROM `team_members` WHERE member LIKE 'user/%' AND EXISTS (
	SELECT 1 FROM users u JOIN teams t ON t.id = team_members.team_id
	WHERE u.id = substr(team_members.member, 6) AND u.tenant_id IS NOT NULL AND t.tenant_id IS NOT u.tenant_id
);--> statement-breakpoint
-- A tenant's provider names nobody of the platform any more: such a way in leads to a user of its own from now on.
DELETE FROM `identities` WHERE provider_id IN (SELECT id FROM identity_providers WHERE tenant_id IS NOT NULL)
	AND user_id IN (SELECT id FROM users WHERE tenant_id IS NULL);--> statement-breakpoint
UPDATE `sessions` SET ended_at = unixepoch() * 1000, ended_because = 'revoked'
WHERE tenant_id IS NOT NULL AND ended_at IS NULL AND user_id IN (SELECT id FROM users WHERE tenant_id IS NULL);
