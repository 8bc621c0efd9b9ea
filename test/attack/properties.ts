import fc from "fast-check";
import { plan } from "./plan.ts";

/** Every property is tried with the plan's seed, so that a failure can be repeated. */
fc.configureGlobal({ seed: plan.seed, numRuns: plan.long ? 2_000 : 100 });
