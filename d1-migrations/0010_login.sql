CREATE TABLE `device_logins` (
	`id` text PRIMARY KEY NOT NULL,
	`device_hash` text NOT NULL,
	`user_code` text NOT NULL,
	`client` text NOT NULL,
	`address` text,
	`user_agent` text,
	`state` text NOT NULL,
	`interval` integer NOT NULL,
	`last_polled_at` integer,
	`approved_by` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_logins_device` ON `device_logins` (`device_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `device_logins_user_code` ON `device_logins` (`user_code`);--> statement-breakpoint
CREATE INDEX `device_logins_expires` ON `device_logins` (`expires_at`);--> statement-breakpoint
CREATE TABLE `identities` (
	`provider_id` text NOT NULL,
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`user_id` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`provider_id`, `issuer`, `subject`)
);
--> statement-breakpoint
CREATE INDEX `identities_user` ON `identities` (`user_id`);--> statement-breakpoint
CREATE TABLE `identity_providers` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text,
	`name` text NOT NULL,
	`display_name` text,
	`issuer` text NOT NULL,
	`client_id` text NOT NULL,
	`client_secret` text,
	`scopes` text NOT NULL,
	`groups_claim` text,
	`users` text NOT NULL,
	`domains` text NOT NULL,
	`trust_email` integer NOT NULL,
	`enabled` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `identity_providers_tenant_name` ON `identity_providers` (`tenant_id`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `identity_providers_platform_name` ON `identity_providers` (`name`) WHERE tenant_id IS NULL;--> statement-breakpoint
CREATE TABLE `login_attempts` (
	`state_hash` text PRIMARY KEY NOT NULL,
	`provider_id` text NOT NULL,
	`return_to` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `login_attempts_expires` ON `login_attempts` (`expires_at`);--> statement-breakpoint
ALTER TABLE `sessions` ADD `rotated_at` integer;