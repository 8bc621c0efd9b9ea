/** `make platform-up`: cluster, manager and agent together, until Ctrl-C. */
import { type End, endAll, startPlatform } from "../test/lib/platform.ts";
import { whatNext } from "./demo/next.ts";

const ends: End[] = [];
const stop = async (code: number): Promise<void> => {
  await endAll(ends);
  process.exit(code);
};
process.on("SIGINT", () => void stop(0));
process.on("SIGTERM", () => void stop(0));

const onStep = (text: string): void => void process.stdout.write(`… ${text}\n`);
try {
  whatNext(await startPlatform({ name: "platform", playedPods: true, onStep, ends }));
  process.stdout.write("\nCtrl-C ends it.\n");
  setInterval(() => {}, 1 << 30);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  await stop(1);
}
