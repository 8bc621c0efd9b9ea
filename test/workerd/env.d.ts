import type { D1Migration } from "cloudflare:test";
import type { Env } from "../../worker/env.ts";
import type {} from "../services/provided.d.ts";

declare global {
  namespace Cloudflare {
    interface Env extends TestEnv {}
    interface GlobalProps {
      mainModule: typeof import("../../worker/index.ts");
    }
  }
}

interface TestEnv extends Env {
  TEST_MIGRATIONS: D1Migration[];
}
