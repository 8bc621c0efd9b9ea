CREATE TABLE `tenant_limits` (
	`id` text PRIMARY KEY NOT NULL,
	`requests_per_minute` integer,
	`principal_requests_per_minute` integer,
	`streams` integer,
	`principal_streams` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `api_keys` ADD `requests_per_minute` integer;