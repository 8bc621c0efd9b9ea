import { z } from "zod";
import { type PolicyRef, policyRefSchema } from "../../../protocol/resources/policy.ts";
import { MAX_POLICIES } from "../../../protocol/resources/transform.ts";

const installationSchema = z.array(policyRefSchema.strict()).max(MAX_POLICIES);

/**
 * The policies of the installation: they hold for everything that a module renders in this cluster, and no tenant can
 * leave them out or weigh them otherwise. Their sources are read in the agent's own namespace.
 *
 * @param text JSON: a list of policies as a Transform names them
 * @throws Error which says what is wrong, where it is no such list
 */
export function parseInstallationPolicies(text: string): PolicyRef[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("not JSON");
  }
  const parsed = installationSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`${issue?.path.join(".") || "the list"}: ${issue?.message}`);
  }
  const names = parsed.data.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new Error(`two policies are named ${twice}`);
  return parsed.data;
}
