/** `make manager-up`: the manager on this machine, with its state kept, until Ctrl-C. */
import { homedir } from "node:os";
import { join } from "node:path";
import { startManager } from "../test/manager/start.ts";

const dir = join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local/state"), "kubenova", "manager");
const manager = await startManager({ dir });
process.stdout.write(`manager  ${manager.url}      (documents: ${manager.url}/docs)
state    ${manager.dir}
key      ${join(manager.dir, "admin.key")}

TOKEN=$(curl -s -X POST -H "Authorization: Bearer $(cat ${join(manager.dir, "admin.key")})" ${manager.url}/api/v1/auth/token | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
curl -s -H "Authorization: Bearer $TOKEN" ${manager.url}/api/v1/tenants
`);
const stop = async (): Promise<void> => {
  await manager.stop();
  process.exit(0);
};
process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());
