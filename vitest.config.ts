import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const migrations = await readD1Migrations("d1-migrations");

/** What test/attack/plan.ts reads; inside workerd the variables of the process are its bindings. */
const attack = {
  KUBENOVA_SEED: process.env.KUBENOVA_SEED ?? "",
  KUBENOVA_ATTACK: process.env.KUBENOVA_ATTACK ?? "",
};
const properties = "./test/attack/properties.ts";
/** No test is about its own speed: this only ends one that hangs, on the busiest machine. */
const isLong = attack.KUBENOVA_ATTACK === "long";
const testTimeout = isLong ? 600_000 : 60_000;

/**
 * unit: pure rules and Node code. workerd: what runs at the edge, in the real runtime.
 * cluster: needs a real API server. e2e: needs a manager, a cluster and an agent together.
 */
export default defineConfig({
  test: {
    reporters: ["default", "./test/attack/reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["{domain,protocol,agent,bench,scripts}/**/*.test.ts"],
          exclude: ["**/*.cluster.test.ts", "**/node_modules/**"],
          environment: "node",
          setupFiles: [properties],
          testTimeout,
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
                KEY_RING: `test-old:${"A".repeat(43)}=,test-new:${"B".repeat(42)}A=`,
                LOG_LEVEL: "warn",
                ...attack,
              },
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["{worker,durable-objects,queues}/**/*.test.ts", "test/workerd/**/*.test.ts"],
          setupFiles: ["./test/workerd/setup.ts", properties],
          globalSetup: [
            "./test/services/outside.ts",
            "./test/services/oidc-provider.ts",
            "./test/services/siem.ts",
          ],
          testTimeout,
          hookTimeout: testTimeout,
        },
      },
      {
        test: {
          name: "cluster",
          include: ["agent/**/*.cluster.test.ts", "test/cluster/**/*.test.ts"],
          environment: "node",
          globalSetup: ["./test/kube/teardown.ts"],
          setupFiles: [properties],
          fileParallelism: false,
          // Hundreds of kills of a process are one test of the long plan.
          testTimeout: isLong ? 3_600_000 : 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/{e2e,attack}/**/*.test.ts"],
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
