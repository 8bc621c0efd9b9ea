CREATE TABLE `audit_settings` (
	`log` text PRIMARY KEY NOT NULL,
	`retention_days` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit_sinks` (
	`log` text PRIMARY KEY NOT NULL,
	`tenant_id` text,
	`url` text NOT NULL,
	`format` text NOT NULL,
	`token` text,
	`from_index` integer NOT NULL,
	`personal` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
