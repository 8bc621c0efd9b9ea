import { z } from "zod";
import { nameSchema } from "../../../domain/names/index.ts";
import type { Project } from "../../store/projects.ts";
import { catalogueFields, catalogueJson, patchableFields, writableFields } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";
import { tenantParams } from "../tenants/schema.ts";

export const putProjectSchema = z.strictObject(writableFields).meta({ id: "ProjectWrite" });
export type ProjectWrite = z.infer<typeof putProjectSchema>;

export const createProjectSchema = putProjectSchema
  .extend({ name: nameSchema })
  .meta({ id: "ProjectCreate" });
export const patchProjectSchema = z.strictObject(patchableFields).meta({ id: "ProjectPatch" });

export const projectSchema = z
  .object({ ...catalogueFields("project"), tenant: nameSchema })
  .meta({ id: "Project" });
export const projectPageSchema = pageOf(projectSchema).meta({ id: "ProjectPage" });

export const projectParams = tenantParams.extend({ project: nameSchema.meta({ examples: ["shop"] }) });

export const projectJson = (tenant: string, project: Project) => ({ ...catalogueJson(project), tenant });

export const projectExample = {
  id: "prj_01KAJ80J3W5Y7A9C1E4G6J8M0P",
  name: "shop",
  displayName: "Web shop",
  labels: { team: "checkout" },
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
  tenant: "acme",
};

export const deletedProjectExample = {
  ...projectExample,
  version: 2,
  deletedAt: "2026-11-22T10:00:00.000Z",
  restorableUntil: "2026-12-22T10:00:00.000Z",
};
