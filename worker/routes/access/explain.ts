import { z } from "zod";
import { explanation, scopeText } from "../../../domain/access/explain.ts";
import { decide, PERMISSIONS, type Principal } from "../../../domain/access/index.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { foundObjects } from "../../store/access-objects.ts";
import { directory } from "../../store/database.ts";
import { findSubjectAccess, subjectAccess } from "../../store/given.ts";
import type { Row } from "../../store/rows.ts";
import { findNamed, isPath, NOT_A_PATH, namedObject, namesSchema, objectQuery } from "./object.ts";

const SUBJECT = new RegExp(
  `${idPattern("user").source.replace("^", "^user/")}|${idPattern("serviceAccount").source.replace("^", "^service-account/")}`,
);

const explanationSchema = z
  .object({
    allowed: z.boolean(),
    rule: z.enum([
      "platform-key",
      "within",
      "on-the-way",
      "role-lacks-it",
      "key-permissions",
      "key-tenant",
      "no-binding",
      "not-signed-in",
      "disabled",
    ]),
    text: z.string(),
    permission: z.enum(PERMISSIONS),
    object: namesSchema,
    principal: z.string(),
    binding: z
      .object({ id: z.string(), role: z.string(), scope: z.string(), subject: z.string() })
      .optional()
      .meta({ description: "The one that decided, or the nearest miss." }),
  })
  .meta({ id: "AccessExplanation" });

const USER = "user/usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";

export const explainAccess = defineRoute({
  method: "get",
  path: "/api/v1/access/explain",
  operationId: "explainAccess",
  tag: "access",
  summary: "Say why somebody may do something, or may not",
  description: "Of oneself always; of another principal with `access:explain` on the object.",
  action: "self",
  query: z
    .strictObject({
      permission: z.enum(PERMISSIONS).meta({ examples: ["release:deploy"] }),
      ...objectQuery,
      principal: z
        .string()
        .regex(SUBJECT, "user/usr_… or service-account/sva_…")
        .optional()
        .meta({ description: "Oneself where absent.", examples: [USER] }),
    })
    .refine(isPath, NOT_A_PATH),
  answers: {
    200: {
      description: "The rule that decided.",
      schema: explanationSchema,
      example: {
        allowed: true,
        rule: "within",
        text: `The role 'developer' at project/prj_01KAJ7Z8Q4X2N6V0D3M5R9T1WB, given to ${USER}, has 'release:deploy', and the object is in that scope.`,
        permission: "release:deploy",
        object: { tenant: "acme", project: "shop", environment: "staging" },
        principal: USER,
        binding: {
          id: "bnd_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
          role: "developer",
          scope: "project/prj_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
          subject: USER,
        },
      },
    },
  },
  errors: ["KN-1102", "KN-1200"],
  async handler(call) {
    const { permission, principal: subject, ...names } = call.query;
    const db = directory(call.env);
    const [named, held] = await call.read(db, [
      findNamed(call, names),
      ...(subject ? [findSubjectAccess(db, subject, call.now)] : []),
    ]);
    call.authorize({});
    const object = namedObject(call, names, foundObjects(named?.results[0]));
    const isOther = subject !== undefined && subject !== subjectOf(call.principal);
    if (isOther) call.require("access:explain", object);
    const { who, disabled } = isOther ? otherPrincipal(subject, held?.results[0]) : ownPrincipal(call);
    const decision = decide(who, permission, object);
    const asked = { permission, object: names, principal: subjectOf(who) };
    // Of an account that has nothing here it is not told that it exists at all.
    if (disabled && decision.allowed) {
      return {
        status: 200,
        body: { allowed: false, rule: "disabled", text: "The account is disabled.", ...asked },
      };
    }
    const { allowed, rule } = decision;
    const binding = "binding" in decision ? { binding: bindingJson(decision.binding) } : {};
    return {
      status: 200,
      body: { allowed, rule, text: explanation(decision, permission), ...asked, ...binding },
    };
  },
});

const ownPrincipal = (call: Call) => ({ who: call.principal, disabled: false });

function otherPrincipal(subject: string, row: Row | undefined): { who: Principal; disabled: boolean } {
  const { bindings, disabled } = subjectAccess(row);
  const [kind, id = ""] = subject.split("/");
  const who: Principal =
    kind === "user" ? { kind: "user", id, bindings } : { kind: "service-account", id, keyId: "", bindings };
  return { who, disabled };
}

const subjectOf = ({ kind, id }: Principal): string =>
  kind === "user" || kind === "service-account" ? `${kind}/${id}` : id;

const bindingJson = ({
  id,
  role,
  scope,
  subject,
}: Extract<ReturnType<typeof decide>, { binding: unknown }>["binding"]) => ({
  id,
  role,
  scope: scopeText(scope),
  subject,
});
