import type { CelError, CelFunc, CelInput, parse } from "@bufbuild/cel";

/** Of a string that `+` makes, in characters, and of a list: doubled again and again they would fill the memory. */
const MAX_STRING = 1024 * 1024;
const MAX_LIST = 100_000;

export type Expr = ReturnType<typeof parse>["expr"];

export interface Parsed {
  expr: Expr;
  /** Offset of each expression id in the text. */
  positions: Readonly<Record<string, number>>;
}

/** What is used of the CEL library. */
export interface CelLibrary {
  /** Throws an error with the position where the text is not CEL. */
  parse(text: string): Parsed;
  /** The answer is CEL's value, or an error as a value. */
  plan(parsed: Parsed): (variables: Record<string, CelInput>) => unknown;
  isFunction(name: string): boolean;
  isError(value: unknown): value is CelError;
  typeName(value: unknown): string;
}

let library: CelLibrary | undefined;
let loading: Promise<CelLibrary> | undefined;

/** Loads CEL when the first graph needs it: it takes 30 MB, and most graphs have no expression. */
export async function loadCel(): Promise<void> {
  loading ??= create();
  library = await loading;
}

/** Throws where it has not been loaded. */
export function cel(): CelLibrary {
  if (!library) throw new Error("CEL has not been loaded");
  return library;
}

async function create(): Promise<CelLibrary> {
  const { celEnv, celFunc, CelScalar, celListConcat, celType, isCelError, listType, parse, plan } =
    await import("@bufbuild/cel");
  const list = listType(CelScalar.DYN);
  const bounded: CelFunc[] = [
    celFunc("_+_", [CelScalar.STRING, CelScalar.STRING], CelScalar.STRING, (left, right) => {
      if (left.length + right.length > MAX_STRING) throw new Error("the string grows too long");
      return left + right;
    }),
    celFunc("_+_", [list, list], list, (left, right) => {
      if (left.size + right.size > MAX_LIST) throw new Error("the list grows too long");
      return celListConcat(left, right);
    }),
  ];
  const env = celEnv({ funcs: bounded });
  // The first use of a time zone loads the tables of all of them, which may take longer than an expression is given.
  new Intl.DateTimeFormat("en", { timeZone: "Europe/Berlin" }).format(0);
  return {
    parse(text) {
      const { expr, sourceInfo } = parse(text);
      return { expr, positions: (sourceInfo?.positions ?? {}) as Record<string, number> };
    },
    plan: ({ expr }) => plan(env, expr) as (variables: Record<string, CelInput>) => unknown,
    isFunction: (name) => env.funcs.find(name) !== undefined,
    isError: (value) => isCelError(value),
    typeName: (value) => celType(value as Parameters<typeof celType>[0]).name,
  };
}
