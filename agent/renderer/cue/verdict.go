package cue

import (
	"encoding/json"
	"fmt"
	"strings"

	"cuelang.org/go/cue"

	"kubenova.io/renderer/wire"
)

var (
	pathNodeSchema = cue.MakePath(cue.Def("Node"))
	pathSeverity   = cue.ParsePath("severity")
	pathViolations = cue.ParsePath("violations")
)

func severityOf(policy cue.Value, override string) (string, *wire.Failure) {
	own := policy.LookupPath(pathSeverity)
	if override != "" {
		return override, nil
	}
	if !own.Exists() {
		return wire.Deny, nil
	}
	text, err := own.String()
	if err != nil || (text != wire.Warn && text != wire.Deny) {
		return "", wire.Fail(wire.InvalidPolicy, fmt.Sprintf("severity: %q or %q", wire.Deny, wire.Warn))
	}
	return text, nil
}

// verdict is what one policy says, in its three ways to say it.
type verdict struct {
	policy   string
	severity string
	// Of the reference: it goes before what the policy says of one violation.
	override string
	found    []wire.Violation
}

func (v *verdict) of(policy cue.Value, shown *subject) ([]wire.Violation, *wire.Failure) {
	checks := 0
	if schema := policy.LookupPath(pathInputSchema); schema.Exists() {
		checks++
		if fail := v.laidOn(schema, "#Input", "input", shown.input); fail != nil {
			return nil, fail
		}
	}
	if schema := policy.LookupPath(pathNodeSchema); schema.Exists() {
		checks++
		for _, node := range shown.each {
			if fail := v.laidOn(schema, "#Node", "nodes."+node.id, node.text); fail != nil {
				return nil, fail
			}
		}
	}
	if violations := policy.LookupPath(pathViolations); violations.Exists() {
		checks++
		if fail := v.computed(violations); fail != nil {
			return nil, fail
		}
	}
	if checks == 0 {
		return nil, wire.Fail(wire.InvalidPolicy, "it checks nothing: #Input, #Node or violations is needed")
	}
	return v.found, nil
}

// laidOn takes each error of data under a schema as a violation, what the schema misses too.
func (v *verdict) laidOn(schema cue.Value, from, to string, data json.RawMessage) *wire.Failure {
	expression, fail := parse("<data>", data, wire.InvalidPolicy)
	if fail != nil {
		return fail
	}
	value := schema.Unify(schema.Context().BuildExpr(expression))
	err := value.Validate(cue.Concrete(true), cue.Final())
	if err == nil {
		return nil
	}
	for _, detail := range details(err) {
		rest, found := strings.CutPrefix(detail.Path, from)
		if !found {
			rest = ""
		}
		constraint := constraintAt(schema, strings.Split(strings.TrimPrefix(rest, "."), "."))
		v.add(to+rest, unquoted(detail.Message, constraint), v.severity)
	}
	return nil
}

// computed reads the list that the policy made of input and nodes.
func (v *verdict) computed(list cue.Value) *wire.Failure {
	if err := list.Validate(cue.Concrete(true), cue.Final()); err != nil {
		return failure(wire.InvalidPolicy, err)
	}
	text, err := list.MarshalJSON()
	if err != nil {
		return failure(wire.InvalidPolicy, err)
	}
	var said []wire.Violation
	if err := json.Unmarshal(text, &said); err != nil {
		return wire.Fail(wire.InvalidPolicy, "violations: a list of {path, message, severity?}")
	}
	for i, one := range said {
		if one.Message == "" || (one.Severity != "" && one.Severity != wire.Warn && one.Severity != wire.Deny) {
			return wire.Fail(wire.InvalidPolicy, fmt.Sprintf("violations[%d]: {path, message, severity?: %q | %q}", i, wire.Deny, wire.Warn))
		}
		severity := one.Severity
		if severity == "" || v.override != "" {
			severity = v.severity
		}
		v.add(one.Path, one.Message, severity)
	}
	return nil
}

func (v *verdict) add(path, message, severity string) {
	v.found = append(v.found, wire.Violation{
		Path: cut(path, maxTextBytes), Message: cut(message, maxTextBytes), Severity: severity, Policy: v.policy,
	})
}
