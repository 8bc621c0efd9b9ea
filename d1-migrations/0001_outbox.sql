DROP INDEX `events_undelivered`;--> statement-breakpoint
ALTER TABLE `events` ADD `dead_at` integer;--> statement-breakpoint
CREATE INDEX `events_subject` ON `events` (`subject`,`seq`);--> statement-breakpoint
CREATE INDEX `events_undelivered` ON `events` (`shard`,`seq`) WHERE delivered_at IS NULL AND dead_at IS NULL;--> statement-breakpoint
ALTER TABLE `tenants` ADD `desired_revision` integer DEFAULT 1 NOT NULL;