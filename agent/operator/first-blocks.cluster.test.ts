import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { TransformSpec } from "../../protocol/resources/transform.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { ensureBinaries } from "../../test/cluster/binary.ts";
import { type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import { ROOT } from "../../test/manager/bundle.ts";
import {
  type RunningOperator,
  readyProject,
  removeEverything,
  runOperator,
  SYSTEM,
} from "../../test/operator/fixture.ts";
import { awaitTransform } from "../../test/operator/transforms.ts";
import { cueModule } from "../../test/services/artifact.ts";
import { PASSWORD, type Registry, startRegistry, USERNAME } from "../../test/services/registry.ts";

/** What the pages on modules begin with, copied into a shell: with a namespace and a registry that are there. */
const run = promisify(execFile);
let fixture: Fixture;
let operator: RunningOperator;
let registry: Registry;
let namespace: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "first-blocks-"));
  await symlink((await ensureBinaries()).kubectl, join(folder, "kubectl"));
  registry = await startRegistry({ auth: "basic" });
  fixture = await kubeFixture(SYSTEM);
  await installDefinitions(fixture.kube);
  operator = await runOperator(fixture.kubeconfig, { modules: { insecureRegistries: [registry.host] } });
  await operator.synced;
  namespace = await readyProject(fixture.kube, `fb${Date.now().toString(36)}`);
});
afterAll(async () => {
  await removeEverything(fixture.kube);
  await operator.stop();
  await fixture.close();
  await registry.remove();
  await rm(folder, { recursive: true, force: true });
});

const here = (text: string): string =>
  text
    .replace(/acme-shop-prod|team-a/g, namespace)
    .replaceAll("registry.example.com/modules", `${registry.host}/modules`)
    .replaceAll("--docker-server=registry.example.com", `--docker-server=${registry.host}`)
    .replaceAll("robot", USERNAME);
const firstBlock = (page: string, language: string): string => {
  const text = readFileSync(join(ROOT, "docs", page), "utf8");
  const found = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(text)?.[1];
  return here(found ?? expect.fail(`${page} has no ${language}`));
};
const shell = async (script: string): Promise<string> => {
  const env = {
    ...process.env,
    ...{ PATH: `${folder}${delimiter}${process.env.PATH}`, KUBECONFIG: fixture.kubeconfig, TOKEN: PASSWORD },
  };
  return (await run("bash", ["-euc", script], { cwd: folder, env })).stdout;
};
const apply = (manifest: string): Promise<string> => {
  writeFileSync(join(folder, "manifest.yaml"), manifest);
  return shell("kubectl apply -f manifest.yaml");
};

describe("the first blocks of", () => {
  it("docs/transform.md make a ConfigMap, and show the Transform in useful columns", async () => {
    await apply(firstBlock("transform.md", "yaml"));
    await awaitTransform(fixture.kube, namespace, "settings", "Ready");
    const [table = ""] = (await shell(firstBlock("transform.md", "sh"))).split("\n\n");
    const [columns = "", row = ""] = table.split("\n");
    expect(columns.split(/\s+/).slice(0, 5)).toEqual(["NAME", "READY", "PHASE", "SOURCE", "GRAPH"]);
    expect(row).toMatch(/^settings +True +Ready +[0-9a-f]{12} +transform-settings +\S+/);
  });

  it("docs/policies.md hold for it: what warns is reported, and a fault says whose it is", async () => {
    const { spec } = parse(firstBlock("transform.md", "yaml")) as { spec: TransformSpec };
    const { policies } = parse(firstBlock("policies.md", "yaml")) as Pick<TransformSpec, "policies">;
    const metadata = { name: "checked", namespace };
    await apply(
      stringify({
        apiVersion: "kubenova.io/v1alpha1",
        kind: "Transform",
        metadata,
        spec: { ...spec, policies },
      }),
    );
    const status = await awaitTransform(fixture.kube, namespace, "checked", "Failed");
    // The other Transform has the object already; the policies spoke before that.
    expect(status.violations).toMatchObject([{ policy: "house-rules", severity: "Warn" }]);
    expect(status.policies?.map(({ name }) => name)).toEqual(["limits", "house-rules"]);
    await shell(`kubectl delete transform checked -n ${namespace}`);
  });

  it("docs/platform-modules.md make a web service with all that it needs", async () => {
    await apply(firstBlock("platform-modules.md", "yaml"));
    const made = () => shell(`kubectl get deployment,service,ingress,pdb -n ${namespace} -o name`);
    await until("its objects are there", async () => (await made()).trim().split("\n").length === 4);
    await shell(`kubectl delete transform web -n ${namespace}`);
  });

  it("docs/sources.md fetch a module from a registry with the pull secret", async () => {
    const text = "package web\n#Input: image: string\ninput: #Input\ncontext: {...}\nnodes: {}";
    const made = text.replace(
      "nodes: {}",
      'nodes: a: object: {apiVersion: "v1", kind: "ConfigMap", metadata: name: "from-oci"}',
    );
    await registry.push("modules/webservice", "1.4.0", cueModule({ "web.cue": made }));
    await apply(firstBlock("sources.md", "yaml"));
    const waiting = await awaitTransform(fixture.kube, namespace, "web", "Failed");
    expect(waiting.message).toContain(`there is no Secret registry in the namespace ${namespace}`);
    await shell(firstBlock("sources.md", "sh"));
    await shell(`kubectl annotate tf web -n ${namespace} kubenova.io/reconcile-at=now`);
    await awaitTransform(fixture.kube, namespace, "web", "Ready");
    const events = await until("the events are written", async () => {
      const told = await shell(`kubectl describe transform web -n ${namespace}`);
      return told.includes("Rendered") && told.slice(told.indexOf("Events:"));
    });
    expect(events).toMatch(/Warning +RenderFailed .*there is no Secret registry/);
  });

  it("docs/troubleshooting.md list all graphs", async () => {
    const commands = firstBlock("troubleshooting.md", "console")
      .replaceAll(" web -n shop", ` transform-settings -n ${namespace}`)
      .replace(/^\$ /gm, "")
      .replace(/\| jq .*$/m, "");
    const shown = await shell(commands);
    expect(shown).toMatch(/^NAMESPACE +NAME +READY +PHASE +REVISION +OBJECTS +DONE +AGE$/m);
    expect(shown).toContain("Message:");
  });
});
