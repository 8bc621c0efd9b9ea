package cue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"

	"kubenova.io/renderer/wire"
)

// MAX_VIOLATIONS of protocol/resources/policy.ts.
const maxViolations = 100

var pathParameters = cue.ParsePath("parameters")

// subject is what policies judge, as plain data: nothing of the module's own schema comes along.
type subject struct {
	input json.RawMessage
	nodes json.RawMessage
	// {id, object} of each.
	each []judged
}

type judged struct {
	id   string
	text json.RawMessage
}

// judge shows the render to each policy. One that cannot be evaluated is an error: it never passes for a consent.
func judge(request *wire.RenderRequest, input cue.Value, made *nodes) ([]wire.Violation, *wire.Failure) {
	if len(request.Policies) == 0 {
		return []wire.Violation{}, nil
	}
	text, err := input.MarshalJSON()
	if err != nil {
		return nil, failure(wire.Incomplete, err)
	}
	shown := subjectOf(text, made)
	found := []wire.Violation{}
	for _, source := range request.Policies {
		violations, fail := judgeBy(source, request.Dependencies, shown)
		if fail != nil {
			return nil, ofPolicy(source.Name, fail)
		}
		found = append(found, violations...)
	}
	return bounded(found), nil
}

func subjectOf(input json.RawMessage, made *nodes) *subject {
	shown := &subject{input: input}
	members := [][]byte{}
	for _, node := range made.byID {
		id, _ := json.Marshal(node.id)
		members = append(members, bytes.Join([][]byte{id, node.text}, []byte(":")))
		one := bytes.Join([][]byte{[]byte(`{"id":`), id, []byte(`,"object":`), node.object, []byte("}")}, nil)
		shown.each = append(shown.each, judged{id: node.id, text: one})
	}
	shown.nodes = slices.Concat([]byte("{"), bytes.Join(members, []byte(",")), []byte("}"))
	return shown
}

func judgeBy(source wire.Policy, dependencies map[string]wire.Files, shown *subject) ([]wire.Violation, *wire.Failure) {
	if fail := knownParameters(source, dependencies); fail != nil {
		return nil, fail
	}
	policy, fail := filledPolicy(source, dependencies, shown)
	if fail != nil {
		return nil, fail
	}
	severity, fail := severityOf(policy, source.Severity)
	if fail != nil {
		return nil, fail
	}
	judged := verdict{policy: source.Name, severity: severity, override: source.Severity}
	return judged.of(policy, shown)
}

func filledPolicy(source wire.Policy, dependencies map[string]wire.Files, shown *subject) (cue.Value, *wire.Failure) {
	loaded, fail := load(source.Module, dependencies)
	if fail != nil {
		return cue.Value{}, fail
	}
	fields := []ast.Decl{}
	for name, text := range map[string]json.RawMessage{
		"input": shown.input, "nodes": shown.nodes, "parameters": source.Parameters,
	} {
		if len(text) == 0 {
			continue
		}
		value, fail := parse("<"+name+">", text, wire.InvalidPolicy)
		if fail != nil {
			return cue.Value{}, fail
		}
		fields = append(fields, field(name, value))
	}
	policy, fail := loaded.with(fields...)
	if fail != nil {
		return cue.Value{}, fail
	}
	if err := policy.Validate(); err != nil {
		return cue.Value{}, failure(wire.InvalidPolicy, err)
	}
	// As with a module: an `if` that could not be computed may hide a check.
	if err := policy.Err(); err != nil {
		return cue.Value{}, failure(wire.InvalidPolicy, err)
	}
	return policy, nil
}

// knownParameters refuses a name that the policy does not have: its default would hold, unnoticed.
func knownParameters(source wire.Policy, dependencies map[string]wire.Files) *wire.Failure {
	var given map[string]json.RawMessage
	if len(source.Parameters) == 0 {
		return nil
	}
	if err := json.Unmarshal(source.Parameters, &given); err != nil {
		return wire.Fail(wire.BadRequest, "parameters: "+err.Error())
	}
	loaded, fail := load(source.Module, dependencies)
	if fail != nil {
		return fail
	}
	parameters := cuecontext.New().BuildInstance(loaded.instance).LookupPath(pathParameters)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		known := slices.ContainsFunc(fieldSelectors(name), func(selector cue.Selector) bool {
			return parameters.LookupPath(cue.MakePath(selector)).Exists()
		})
		if !known {
			return &wire.Failure{Code: wire.InvalidPolicy, Errors: []wire.Detail{
				{Path: "parameters." + name, Message: "it has no such parameter"},
			}}
		}
	}
	return nil
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
