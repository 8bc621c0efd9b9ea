import type { Row } from "../../store/rows.ts";
import { calledSubject, type Subject, type SubjectName, subjectOf } from "../../store/subjects.ts";
import { notThere } from "./giving.ts";

/** Somebody whom a body names. @throws KubeNovaError KN-1002 where he is not there, of another tenant, or not he alone */
export function presentSubject(named: SubjectName, row: Row | undefined, path = "subject"): Subject {
  const subject = subjectOf(row);
  if (subject?.count === 1) return subject;
  if (subject) {
    throw notThere(path, `two members have the address '${calledSubject(named)}': name one by its id`);
  }
  throw notThere(path, `there is no ${named.kind} '${calledSubject(named)}' here`);
}
