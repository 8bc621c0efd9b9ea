CREATE TABLE `key_rotations` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`owner` text NOT NULL,
	`started_at` integer NOT NULL,
	`started_by` text NOT NULL,
	`correlation_id` text NOT NULL,
	`finished_at` integer,
	`done` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`place` text NOT NULL,
	`last_error` text,
	`version` integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `key_rotations_running` ON `key_rotations` (`kind`,`owner`) WHERE finished_at IS NULL;