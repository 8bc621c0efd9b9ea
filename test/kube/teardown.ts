import { down } from "../cluster/index.ts";
import { SHARED } from "./api-server.ts";

/** vitest's globalSetup: what the run's files shared ends with the run. One that was never started is fine. */
export default function setup(): () => Promise<void> {
  return () => down(SHARED);
}
