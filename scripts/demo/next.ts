import { join } from "node:path";
import type { Platform } from "../../test/lib/platform.ts";
import { APP } from "./app.ts";
import { bold, line } from "./screen.ts";

/** Lines that can be copied as they stand. */
export function whatNext({ manager, cluster, clusterName }: Platform): void {
  line(`\n${bold("What to try next")} (copy and run in another terminal)\n`);
  line(`export KN=${manager.url} CA=${manager.caFile ?? ""} KUBECONFIG=${cluster.kubeconfig}`);
  line(
    `TOKEN=$(curl -s --cacert $CA -X POST -H "Authorization: Bearer $(cat ${join(manager.dir, "admin.key")})" $KN/api/v1/auth/token | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
  );
  line(
    `kn() { curl -sN --cacert $CA -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' "$@"; echo; }\n`,
  );
  line(`kn $KN${APP}/releases/production                                  # how it is`);
  line(`kn $KN/api/v1/clusters/${clusterName}/proxy/services/acme-shop-production/web:80/   # its page`);
  line(`kn "$KN${APP}/releases/production/logs?tailLines=5"                # its log`);
  line(`kn -H 'Accept: text/event-stream' $KN/api/v1/events                # what happens, live`);
  line(`kn -X POST $KN${APP}/releases/production:rollback -d '{"to": 2}'   # to revision 2 again`);
  line(`${cluster.kubectl} get novaapps,resourcegraphs,pods -A             # the same from inside`);
  line(`# ${manager.url}/docs shows every route`);
}
