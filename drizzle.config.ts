import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  driver: "d1-http",
  schema: "./worker/store/schema/index.ts",
  out: "./d1-migrations",
  casing: "snake_case",
});
