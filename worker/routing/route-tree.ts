import type { Method, Route } from "./define.ts";

/**
 * Finds a route by walking the steps of a path once. Hono's routers either refuse paths of this kind (`{b}:restore`
 * beside `{b}`) or try each pattern at each step, which costs a request more than its handler.
 */

/** The routes of one path, by method. */
export interface Endpoint {
  routes: Map<Method, Route>;
  /** Names of the path's parameters in their order, without one that takes the rest. */
  names: readonly string[];
}

export interface Match {
  endpoint: Endpoint;
  /** Values of the parameters in their order, as they stand in the path. */
  values: string[];
}

interface Node {
  literals: Map<string, Node>;
  parameter?: Node;
  /** Whether the parameter that leads here may hold a colon; elsewhere it begins a verb. */
  takesColon?: boolean;
  /** Of a path that ends in a parameter and a verb, `{b}:restore`. */
  verbs: Map<string, Endpoint>;
  /** The path that ends here. */
  endpoint?: Endpoint;
  /** Of a path whose last parameter takes what follows, even nothing. */
  rest?: Endpoint;
}

const PARAMETER = /^\{(\w+)\}(:[\w-]+)?$/;

export class RouteTree {
  readonly #root = newNode();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /** @param path of a URL, beginning with `/` */
  find(path: string): Match | undefined {
    const steps = path.split("/");
    const values: string[] = [];
    let node = this.#root;
    for (let i = 1; i < steps.length; i++) {
      const step = steps[i] as string;
      if (node.rest) break;
      const literal = node.literals.get(step);
      if (literal) {
        node = literal;
        continue;
      }
      const colon = step.lastIndexOf(":");
      const verb = i === steps.length - 1 && colon > 0 ? node.verbs.get(step.slice(colon)) : undefined;
      if (verb) return { endpoint: verb, values: [...values, step.slice(0, colon)] };
      if (!node.parameter || step === "" || (colon >= 0 && !node.parameter.takesColon)) return undefined;
      values.push(step);
      node = node.parameter;
    }
    const endpoint = node.endpoint ?? node.rest;
    return endpoint && { endpoint, values };
  }

  #add(route: Route): void {
    const steps = route.path.split("/").slice(1);
    const names: string[] = [];
    let node = this.#root;
    for (const [i, step] of steps.entries()) {
      const [, name, verb] = PARAMETER.exec(step) ?? [];
      const isLast = i === steps.length - 1;
      if (name === undefined) {
        node = node.literals.get(step) ?? put(node.literals, step, newNode());
        continue;
      }
      if (isLast && route.takesRest) {
        node.takesColon = true;
        node.rest ??= { routes: new Map(), names };
        node.rest.routes.set(route.method, route);
        return;
      }
      names.push(name);
      if (isLast && verb !== undefined) {
        const endpoint = node.verbs.get(verb) ?? put(node.verbs, verb, { routes: new Map(), names });
        endpoint.routes.set(route.method, route);
        return;
      }
      node.parameter ??= newNode();
      node = node.parameter;
    }
    node.endpoint ??= { routes: new Map(), names };
    node.endpoint.routes.set(route.method, route);
  }
}

const newNode = (): Node => ({ literals: new Map(), verbs: new Map() });

function put<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}
