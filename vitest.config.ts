import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const migrations = await readD1Migrations("d1-migrations");

/**
 * unit: pure rules and Node code. workerd: what runs at the edge, in the real runtime.
 * cluster: needs a real API server. e2e: needs a manager, a cluster and an agent together.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{domain,protocol,agent,bench,scripts}/**/*.test.ts"],
          exclude: ["**/*.cluster.test.ts", "**/node_modules/**"],
          environment: "node",
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: migrations,
                PLATFORM_ADMIN_KEY: "test-platform-admin-key-0123456789abcdef",
                LOG_LEVEL: "warn",
              },
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["{worker,durable-objects,queues}/**/*.test.ts", "test/workerd/**/*.test.ts"],
          setupFiles: ["./test/workerd/setup.ts"],
        },
      },
      {
        test: {
          name: "cluster",
          include: ["agent/**/*.cluster.test.ts", "test/cluster/**/*.test.ts"],
          environment: "node",
          globalSetup: ["./test/kube/teardown.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          environment: "node",
          env: { KUBENOVA_CLUSTER: "local" },
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
