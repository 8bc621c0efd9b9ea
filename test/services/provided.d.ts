import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** `127.0.0.1:port` of a server outside of workerd, that answers what its paths say. */
    outside: string;
    /** `127.0.0.1:port` of real OpenID providers, see test/services/oidc-provider.ts. */
    oidc: string;
    /** `host:port` of test/services/siem.ts. */
    siem: string;
  }
}
