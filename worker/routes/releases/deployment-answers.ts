import type { z } from "zod";
import { releaseSummaryExample, releaseSummarySchema } from "./schema.ts";

/** What a deployment answers, whichever revision it goes to. @param example of the release that is on its way */
export const deploymentAnswers = (example: z.input<typeof releaseSummarySchema>) => ({
  200: {
    description: "That revision is the desired one already.",
    schema: releaseSummarySchema,
    example: releaseSummaryExample,
    headers: ["ETag"],
  },
  202: {
    description: "The cluster is being told.",
    schema: releaseSummarySchema,
    example,
    headers: ["ETag"],
  },
});
