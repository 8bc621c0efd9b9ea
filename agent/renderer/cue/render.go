package cue

import (
	"encoding/json"
	"runtime/debug"
	"strings"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	cuejson "cuelang.org/go/encoding/json"

	"kubenova.io/renderer/wire"
)

// version is that of the module this is built with, such as `cue v0.17.1`.
var version = sync.OnceValue(func() string {
	build, found := debug.ReadBuildInfo()
	if !found {
		return "cue"
	}
	for _, dependency := range build.Deps {
		if dependency.Path == "cuelang.org/go" {
			return "cue " + dependency.Version
		}
	}
	return "cue"
})

var (
	pathInputSchema = cue.MakePath(cue.Def("Input"))
	pathInput       = cue.ParsePath("input")
	pathContext     = cue.ParsePath("context")
	pathNodes       = cue.ParsePath("nodes")
)

// Render fills the module's input and context, reads its nodes, and shows both to each policy.
func Render(request *wire.RenderRequest) (*wire.Rendered, *wire.Failure) {
	context := cuecontext.New()
	loaded, fail := instance(request.Module, request.Dependencies)
	if fail != nil {
		return nil, fail
	}
	module := context.BuildInstance(loaded)
	input, fail := checkedInput(module, request.Input)
	if fail != nil {
		return nil, fail
	}
	filled, fail := fill(module, input, request.Context)
	if fail != nil {
		return nil, fail
	}
	nodes, fail := graph(filled)
	if fail != nil {
		return nil, fail
	}
	violations, fail := judge(context, request, input, nodes)
	if fail != nil {
		return nil, fail
	}
	return &wire.Rendered{Nodes: nodes.answer, Violations: violations, LanguageVersion: version()}, nil
}

// checkedInput is the input as #Input takes it, with its defaults.
func checkedInput(module cue.Value, given json.RawMessage) (cue.Value, *wire.Failure) {
	schema := module.LookupPath(pathInputSchema)
	if !schema.Exists() || schema.Validate() != nil {
		for _, broken := range []cue.Value{module, schema} {
			if err := broken.Validate(); err != nil {
				return cue.Value{}, failure(wire.InvalidModule, err)
			}
		}
		return cue.Value{}, wire.Fail(wire.InvalidModule, "#Input is missing: the schema of the module's input")
	}
	if len(given) == 0 {
		given = json.RawMessage("{}")
	}
	value, err := compile(module.Context(), "<input>", given)
	if err != nil {
		return cue.Value{}, failure(wire.InvalidInput, err)
	}
	input := schema.Unify(value)
	if err := input.Validate(cue.Concrete(true), cue.Final()); err != nil {
		return cue.Value{}, refusedInput(schema, err)
	}
	return input, nil
}

// fill gives the module its input and context. What conflicts only now is the fault of what it makes from them.
func fill(module, input cue.Value, context json.RawMessage) (cue.Value, *wire.Failure) {
	about, err := compile(module.Context(), "<context>", context)
	if err != nil {
		return cue.Value{}, failure(wire.BadRequest, err)
	}
	filled := module.FillPath(pathInput, input).FillPath(pathContext, about)
	if err := filled.Validate(); err != nil {
		if before := module.Validate(); before != nil {
			return cue.Value{}, failure(wire.InvalidModule, before)
		}
		return cue.Value{}, failure(wire.InvalidOutput, err)
	}
	if err := evaluated(filled); err != nil {
		return cue.Value{}, failure(wire.Incomplete, err)
	}
	return filled, nil
}

// evaluated finds what Validate lets pass: an `if` or a `for` of the package whose condition could not be computed. What
// it would have added is missing, and a node that is missing is a node that is deleted.
func evaluated(filled cue.Value) error {
	if err := filled.Validate(); err != nil {
		return err
	}
	return filled.Err()
}

func compile(context *cue.Context, name string, text json.RawMessage) (cue.Value, error) {
	expression, err := cuejson.Extract(name, text)
	if err != nil {
		return cue.Value{}, err
	}
	value := context.BuildExpr(expression)
	return value, value.Err()
}

// refusedInput names paths as the user wrote them, and the part of #Input that stands there.
func refusedInput(schema cue.Value, err error) *wire.Failure {
	fail := failure(wire.InvalidInput, err)
	for i := range fail.Errors {
		detail := &fail.Errors[i]
		rest, found := strings.CutPrefix(detail.Path, "#Input")
		if !found {
			continue
		}
		detail.Path = "input" + rest
		if rest == "" {
			detail.Expected = ""
		} else if constraint := constraintAt(schema, strings.Split(rest[1:], ".")); constraint != "" {
			detail.Expected = constraint
		}
	}
	return fail
}
