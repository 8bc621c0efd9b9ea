CREATE TABLE `data_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`kek` text NOT NULL,
	`wrapped` text NOT NULL,
	`wrapped_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`retired_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `data_keys_active` ON `data_keys` (`owner`) WHERE retired_at IS NULL;--> statement-breakpoint
CREATE INDEX `data_keys_kek` ON `data_keys` (`kek`,`id`);