CREATE TABLE `audit_people` (
	`person` text PRIMARY KEY NOT NULL,
	`key` text,
	`created_at` integer NOT NULL,
	`forgotten_at` integer
);
