ALTER TABLE `users` ADD `relink_to` text;--> statement-breakpoint
-- Whoever has logged in by a provider that was deleted with his way in is not to be taken by his address either.
INSERT INTO `identities` (provider_id, issuer, subject, user_id, created_at)
SELECT 'deleted', '', u.id, u.id, u.created_at FROM users u
WHERE u.last_used_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id);
