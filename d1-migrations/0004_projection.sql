ALTER TABLE `releases` ADD `status_cluster_id` text;--> statement-breakpoint
ALTER TABLE `releases` ADD `announced` text;--> statement-breakpoint
ALTER TABLE `releases` ADD `announced_revision` integer DEFAULT 0 NOT NULL;