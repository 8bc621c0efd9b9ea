import type { AppSpec } from "../../../domain/apps/spec.ts";
import type { FoundForWrite } from "../../store/app-readings.ts";
import type { ProjectPlace } from "../shared/place.ts";

/** What a write wants of an app: its content, already in canonical form. */
export interface WantedApp {
  name: string;
  displayName: string | null;
  labels: Record<string, string>;
  spec: AppSpec;
  digest: string;
}

/** What was read for it. */
export interface AppReading {
  place: ProjectPlace;
  found: FoundForWrite;
}
