package cue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"kubenova.io/renderer/wire"
)

// MAX_VIOLATIONS of protocol/resources/policy.ts.
const maxViolations = 100

var (
	pathParameters = cue.ParsePath("parameters")
	pathNodeSchema = cue.MakePath(cue.Def("Node"))
	pathSeverity   = cue.ParsePath("severity")
	pathViolations = cue.ParsePath("violations")
)

// subject is what policies judge, as plain data: nothing of the module's own schema comes along.
type subject struct {
	input cue.Value
	nodes cue.Value
	each  []namedValue
}

type namedValue struct {
	id    string
	value cue.Value
}

// judge shows the render to each policy. One that cannot be evaluated is an error: it never passes for a consent.
func judge(context *cue.Context, request *wire.RenderRequest, input cue.Value, made *nodes) ([]wire.Violation, *wire.Failure) {
	if len(request.Policies) == 0 {
		return []wire.Violation{}, nil
	}
	shown, err := subjectOf(context, input, made)
	if err != nil {
		return nil, failure(wire.InvalidOutput, err)
	}
	found := []wire.Violation{}
	for _, source := range request.Policies {
		violations, fail := judgeBy(context, source, request.Dependencies, shown)
		if fail != nil {
			return nil, ofPolicy(source.Name, fail)
		}
		found = append(found, violations...)
	}
	return bounded(found), nil
}

func subjectOf(context *cue.Context, input cue.Value, made *nodes) (*subject, error) {
	text, err := input.MarshalJSON()
	if err != nil {
		return nil, err
	}
	shown := &subject{}
	if shown.input, err = compile(context, "<input>", text); err != nil {
		return nil, err
	}
	members := [][]byte{}
	for _, node := range made.byID {
		id, _ := json.Marshal(node.id)
		members = append(members, bytes.Join([][]byte{id, node.text}, []byte(":")))
	}
	all := slices.Concat([]byte("{"), bytes.Join(members, []byte(",")), []byte("}"))
	if shown.nodes, err = compile(context, "<nodes>", all); err != nil {
		return nil, err
	}
	for _, node := range made.byID {
		object := shown.nodes.LookupPath(cue.MakePath(cue.Str(node.id), cue.Str("object")))
		value := context.CompileString("{}").FillPath(cue.ParsePath("id"), node.id).FillPath(cue.ParsePath("object"), object)
		shown.each = append(shown.each, namedValue{id: node.id, value: value})
	}
	return shown, nil
}

func judgeBy(
	context *cue.Context, source wire.Policy, dependencies map[string]wire.Files, shown *subject,
) ([]wire.Violation, *wire.Failure) {
	loaded, fail := instance(source.Module, dependencies)
	if fail != nil {
		return nil, fail
	}
	policy := context.BuildInstance(loaded)
	if err := policy.Validate(); err != nil {
		return nil, failure(wire.InvalidPolicy, err)
	}
	configured, fail := configure(context, policy, source.Parameters)
	if fail != nil {
		return nil, fail
	}
	filled := configured.FillPath(pathInput, shown.input).FillPath(pathNodes, shown.nodes)
	if err := evaluated(filled); err != nil {
		return nil, failure(wire.InvalidPolicy, err)
	}
	severity, fail := severityOf(filled, source.Severity)
	if fail != nil {
		return nil, fail
	}
	judged := verdict{policy: source.Name, severity: severity, override: source.Severity}
	return judged.of(filled, shown)
}

// configure fills the policy's parameters. Those that it does not know are refused: a misspelt one would weaken it unseen.
func configure(context *cue.Context, policy cue.Value, parameters []byte) (cue.Value, *wire.Failure) {
	if len(parameters) == 0 {
		return policy, nil
	}
	own := policy.LookupPath(pathParameters)
	if !own.Exists() {
		return policy, wire.Fail(wire.InvalidPolicy, "it takes no parameters")
	}
	given, err := compile(context, "<parameters>", parameters)
	if err != nil {
		return policy, failure(wire.InvalidPolicy, err)
	}
	if fields, err := given.Fields(); err == nil {
		for fields.Next() {
			if !known(own, fields.Selector()) {
				return policy, wire.Fail(wire.InvalidPolicy, fmt.Sprintf("parameters.%s: it takes no such parameter", fields.Selector()))
			}
		}
	}
	return policy.FillPath(pathParameters, given), nil
}

func known(own cue.Value, selector cue.Selector) bool {
	return own.LookupPath(cue.MakePath(selector)).Exists() || own.LookupPath(cue.MakePath(selector.Optional())).Exists()
}

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
		v.refused("#Input", "input", schema.Unify(shown.input))
	}
	if schema := policy.LookupPath(pathNodeSchema); schema.Exists() {
		checks++
		for _, node := range shown.each {
			v.refused("#Node", "nodes."+node.id, schema.Unify(node.value))
		}
	}
	if policy.LookupPath(pathViolations).Exists() {
		checks++
		if fail := v.computed(policy); fail != nil {
			return nil, fail
		}
	}
	if checks == 0 {
		return nil, wire.Fail(wire.InvalidPolicy, "it checks nothing: #Input, #Node or violations is needed")
	}
	return v.found, nil
}

// refused takes each error of a value that a schema was laid on as a violation.
func (v *verdict) refused(from, to string, value cue.Value) {
	err := value.Validate(cue.Concrete(true), cue.Final())
	if err == nil {
		return
	}
	for _, detail := range details(err) {
		path := to
		if rest, found := strings.CutPrefix(detail.Path, from); found {
			path += rest
		}
		v.add(path, detail.Message, v.severity)
	}
}

// computed reads the list that the policy made of input and nodes.
func (v *verdict) computed(policy cue.Value) *wire.Failure {
	list := policy.LookupPath(pathViolations)
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

// bounded keeps those that stop the graph before those that do not.
func bounded(found []wire.Violation) []wire.Violation {
	if len(found) <= maxViolations {
		return found
	}
	slices.SortStableFunc(found, func(a, b wire.Violation) int { return strings.Compare(a.Severity, b.Severity) })
	return found[:maxViolations]
}

func ofPolicy(name string, fail *wire.Failure) *wire.Failure {
	code := wire.InvalidPolicy
	if fail.Code == wire.MissingDependency || fail.Code == wire.BadRequest {
		code = fail.Code
	}
	for i := range fail.Errors {
		fail.Errors[i].Message = cut(fmt.Sprintf("policy %s: %s", name, fail.Errors[i].Message), maxTextBytes)
	}
	return &wire.Failure{Code: code, Errors: fail.Errors}
}
