import { startAgent } from "./agent.ts";
import { loadConfig } from "./config.ts";
import { ConfigError } from "./config-values.ts";
import { createLogger, errorText, type LogLevel } from "./log.ts";
import { startOperator } from "./operator/index.ts";

/** Exit codes: 0 stopped by a signal, 1 a fault, 2 bad configuration. */
const EXIT_FAULT = 1;
const EXIT_CONFIG = 2;
/** Below the time in which a person, or the kubelet, loses patience. */
const STOP_DEADLINE_MS = 4_500;

const logger = (level: LogLevel) =>
  createLogger({ level, write: (line) => process.stdout.write(line), now: () => Date.now() });

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = logger(config.logLevel);
  process.on("unhandledRejection", (error) => {
    log.error("a fault: the process ends, and is started anew", {
      error: errorText(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    process.exit(EXIT_FAULT);
  });
  const agent = await startAgent({ config, log, startOperator });
  const stop = (signal: NodeJS.Signals) => {
    log.info("stopping", { signal });
    setTimeout(() => process.exit(0), STOP_DEADLINE_MS).unref();
    agent.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error("stopping", { error: errorText(error) });
        process.exit(EXIT_FAULT);
      },
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  const isConfig = error instanceof ConfigError;
  logger("error").error(isConfig ? "bad configuration" : "the agent could not start", {
    error: errorText(error),
  });
  process.exit(isConfig ? EXIT_CONFIG : EXIT_FAULT);
});
