CREATE TABLE `audit_logs` (
	`log` text PRIMARY KEY NOT NULL,
	`last` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit_outbox` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`log` text NOT NULL,
	`number` integer NOT NULL,
	`entry` text NOT NULL,
	`shard` integer NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_outbox_shard` ON `audit_outbox` (`shard`,`next_attempt_at`);