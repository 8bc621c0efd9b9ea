export { providerRoutes as identityProviderRoutes } from "./routes.ts";
