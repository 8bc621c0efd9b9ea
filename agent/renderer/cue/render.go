package cue

import (
	"runtime/debug"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"

	"kubenova.io/renderer/wire"
)

var (
	pathInputSchema = cue.MakePath(cue.Def("Input"))
	pathInput       = cue.ParsePath("input")
	pathNodes       = cue.ParsePath("nodes")
)

// Render fills the module's input and context, reads its nodes, and shows both to each policy.
func Render(request *wire.RenderRequest) (*wire.Rendered, *wire.Failure) {
	loaded, fail := load(request.Module, request.Dependencies)
	if fail != nil {
		return nil, fail
	}
	module, fail := filledModule(loaded, request)
	if fail != nil {
		return nil, fail
	}
	made, fail := graph(module)
	if fail != nil {
		return nil, fail
	}
	violations, fail := judge(request, module.LookupPath(pathInput), made)
	if fail != nil {
		return nil, fail
	}
	return &wire.Rendered{Nodes: made.answer, Violations: violations, LanguageVersion: version()}, nil
}

// filledModule evaluates the module with its input and context: they are one more file of its package, so that it is
// evaluated once.
func filledModule(loaded *loaded, request *wire.RenderRequest) (cue.Value, *wire.Failure) {
	input, fail := parse("<input>", request.Input, wire.InvalidInput)
	if fail != nil {
		return cue.Value{}, fail
	}
	about, fail := parse("<context>", request.Context, wire.BadRequest)
	if fail != nil {
		return cue.Value{}, fail
	}
	module, fail := loaded.with(
		field("input", ast.NewBinExpr(andToken, ast.NewIdent("#Input"), input)),
		field("context", about),
	)
	if fail != nil {
		return cue.Value{}, brokenModule(request, fail)
	}
	if err := module.LookupPath(pathInput).Validate(cue.Concrete(true), cue.Final()); err != nil {
		return cue.Value{}, refusedInput(module.LookupPath(pathInputSchema), request, err)
	}
	if err := module.Validate(); err != nil {
		return cue.Value{}, brokenModule(request, failure(wire.InvalidOutput, err))
	}
	// What Validate lets pass: an `if` or a `for` of the package whose condition could not be computed. What it would have
	// added is missing, and a node that is missing is a node that is deleted.
	if err := module.Err(); err != nil {
		return cue.Value{}, failure(wire.Incomplete, err)
	}
	return module, nil
}

// brokenModule tells what is wrong without any input from what is wrong with this one.
func brokenModule(request *wire.RenderRequest, fail *wire.Failure) *wire.Failure {
	loaded, broken := load(request.Module, request.Dependencies)
	if broken != nil {
		return broken
	}
	module := cuecontext.New().BuildInstance(loaded.instance)
	if err := module.Validate(); err != nil {
		return failure(wire.InvalidModule, err)
	}
	if !module.LookupPath(pathInputSchema).Exists() {
		return wire.Fail(wire.InvalidModule, "#Input is missing: the schema of the module's input")
	}
	return fail
}

// refusedInput names paths as the user wrote them, and the part of #Input that stands there.
func refusedInput(schema cue.Value, request *wire.RenderRequest, err error) *wire.Failure {
	fail := failure(wire.InvalidInput, err)
	fail.Errors = explain(fail.Errors, schema)
	return brokenModule(request, fail)
}

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
