import { digestOf } from "../../../domain/canonical/index.ts";
import type { Call } from "../../routing/call.ts";
import { findAppForWrite, foundForWrite } from "../../store/app-readings.ts";
import { tenantPath } from "../../store/scope.ts";
import { openProject } from "../shared/place.ts";
import type { AppReading, WantedApp } from "./reading.ts";
import type { AppWrite } from "./schema.ts";

/** A body in the form that is stored. */
export const wantedApp = async (name: string, write: AppWrite): Promise<WantedApp> => ({
  name,
  displayName: write.displayName ?? null,
  labels: write.labels ?? {},
  spec: write.spec,
  digest: await digestOf(write.spec),
});

/** Everything that a write of an app must know, in one round trip. */
export async function readForWrite(
  call: Call,
  names: { tenant: string; project: string },
  wanted: WantedApp,
): Promise<AppReading> {
  const path = tenantPath(call.env, names.tenant);
  const [rows] = await call.read(path.db, [
    findAppForWrite(path, { project: names.project, app: wanted.name }, wanted.digest),
  ]);
  const found = foundForWrite(rows?.results);
  return { place: openProject(call, names, found), found };
}
