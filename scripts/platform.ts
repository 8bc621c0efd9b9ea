/** `make platform-up`: cluster, manager and agent together, until Ctrl-C. */

import { startPlatform } from "../test/lib/platform.ts";
import { whatNext } from "./demo/next.ts";

const platform = await startPlatform({
  name: "platform",
  onStep: (text) => process.stdout.write(`… ${text}\n`),
});
whatNext(platform);
process.stdout.write("\nCtrl-C ends it.\n");
const stop = async (): Promise<void> => {
  await platform.stop();
  process.exit(0);
};
process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());
setInterval(() => {}, 1 << 30);
