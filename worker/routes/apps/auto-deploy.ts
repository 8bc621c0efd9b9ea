import type { Call } from "../../routing/call.ts";
import type { App } from "../../store/apps.ts";
import { type PlannedDeployment, planDeployment } from "../releases/deployment.ts";
import { environmentObject } from "../shared/objects.ts";
import type { AppReading } from "./reading.ts";

/**
 * A new content goes at once to each environment that deploys by itself. The same content again goes only where it
 * never was: a repeated PUT does not undo a rollback.
 */
export const planAuto = (
  call: Call,
  reading: AppReading,
  app: App,
  newContent: boolean,
): PlannedDeployment[] =>
  reading.found.environments
    .filter(({ environment, release }) => isAutomatic(environment) && (newContent || !release))
    .map((at) => {
      // To write an app is one right, to deploy it another: a key or a role of one's own may have the first alone.
      call.require("release:deploy", environmentObject(at.environment));
      return planDeployment(call, {
        scope: reading.place.scope,
        project: reading.place.project,
        app,
        at,
        revision: { id: app.revisionId, number: app.revisionNumber },
        action: "auto",
      });
    });

const isAutomatic = (environment: { autoDeploy: boolean; delivery: string }): boolean =>
  environment.autoDeploy && environment.delivery === "direct";
