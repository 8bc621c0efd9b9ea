package cue

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue"

	"kubenova.io/renderer/wire"
)

const notAllowed = "field not allowed"

// explain says of each error in an input what its schema has there, and of a field that it does not have, which it has.
func explain(found []wire.Detail, schema cue.Value) []wire.Detail {
	explained := []wire.Detail{}
	for _, detail := range found {
		detail.Path = strings.Replace(detail.Path, "#Input", "input", 1)
		if rest, isBelow := strings.CutPrefix(detail.Path, "input."); isBelow {
			detail = explainAt(detail, schema, strings.Split(rest, "."))
		}
		explained = append(explained, detail)
	}
	kept := []wire.Detail{}
	for _, detail := range explained {
		// Of a disjunction that holds a struct CUE tells both: the field says more.
		if !strings.HasPrefix(detail.Message, noAlternative) || !hasBelow(explained, detail.Path) {
			kept = append(kept, detail)
		}
	}
	return kept
}

func explainAt(detail wire.Detail, schema cue.Value, path []string) wire.Detail {
	constraint := constraintAt(schema, path)
	switch {
	case constraint != "" && detail.Message == notAllowed:
		// Not allowed by another alternative, which is the default: here it is the value that does not fit.
		detail.Message, detail.Expected = "the value does not fit", constraint
	case constraint != "":
		detail.Expected = constraint
		if match := bound.FindStringSubmatch(detail.Message); match != nil && !strings.Contains(constraint, match[1]) {
			detail.Expected += ", and what follows from other fields"
		}
	case detail.Message == notAllowed:
		detail.Expected = fieldsAt(schema, path[:len(path)-1])
	default:
		detail.Expected = fieldsAt(schema, path)
	}
	return detail
}

func hasBelow(all []wire.Detail, path string) bool {
	for _, other := range all {
		if strings.HasPrefix(other.Path, path+".") {
			return true
		}
	}
	return false
}

// fieldsAt is a struct of a schema by the names of its fields, as `{image!, port, command?}`; empty for anything else.
func fieldsAt(schema cue.Value, path []string) string {
	at, found := schemaAt(schema, path)
	if !found || at.IncompleteKind() != cue.StructKind {
		return ""
	}
	labels := []string{}
	for _, alternative := range alternatives(at) {
		fields, err := alternative.Fields(cue.Optional(true), cue.Patterns(true))
		if err != nil {
			continue
		}
		for fields.Next() {
			selector := fields.Selector()
			if selector.ConstraintType() == cue.PatternConstraint {
				labels = append(labels, fmt.Sprintf("[%v]", selector.Pattern()))
			} else {
				labels = append(labels, selector.String())
			}
		}
	}
	if len(labels) == 0 {
		return ""
	}
	return cut("{"+strings.Join(labels, ", ")+"}", maxConstraint)
}

func alternatives(value cue.Value) []cue.Value {
	if operator, parts := value.Expr(); operator == cue.OrOp {
		return parts
	}
	return []cue.Value{value}
}

// constraintAt is the part of a schema that stands at a path, in CUE; empty where it has none of its own.
func constraintAt(schema cue.Value, path []string) string {
	at, found := schemaAt(schema, path)
	if !found || at.IncompleteKind() == cue.StructKind {
		return ""
	}
	return cut(fmt.Sprint(at), maxConstraint)
}

func schemaAt(schema cue.Value, path []string) (cue.Value, bool) {
	at := schema
	for _, label := range path {
		next := cue.Value{}
		for _, selector := range append(fieldSelectors(label), cue.AnyIndex, cue.AnyString) {
			if next = at.LookupPath(cue.MakePath(selector)); next.Exists() {
				break
			}
		}
		if !next.Exists() {
			return cue.Value{}, false
		}
		at = next
	}
	return at, true
}

func fieldSelectors(label string) []cue.Selector {
	name := cue.Str(strings.Trim(label, `"`))
	return []cue.Selector{name, name.Optional(), name.Required()}
}
