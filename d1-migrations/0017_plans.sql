CREATE TABLE `plans` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`display_name` text,
	`requests_per_minute` integer,
	`principal_requests_per_minute` integer,
	`streams` integer,
	`principal_streams` integer,
	`audit_retention_days` integer,
	`is_default` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `plans_name` ON `plans` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `plans_default` ON `plans` (`is_default`) WHERE is_default = 1;--> statement-breakpoint
ALTER TABLE `tenant_limits` ADD `plan_id` text REFERENCES plans(id);--> statement-breakpoint
CREATE INDEX `tenant_limits_plan` ON `tenant_limits` (`plan_id`);