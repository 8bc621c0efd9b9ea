package cue

import (
	"encoding/json"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/token"
	cuejson "cuelang.org/go/encoding/json"

	"kubenova.io/renderer/wire"
)

const andToken = token.AND

// loaded is a package before it is evaluated, once: neither syntax nor context serve twice. Each has a context of its own,
// because CUE keeps imported packages by path in it: a module must not bring a package that a policy then imports.
type loaded struct{ instance *build.Instance }

// with evaluates the package with more fields.
func (l *loaded) with(fields ...ast.Decl) (cue.Value, *wire.Failure) {
	file := &ast.File{Filename: "<filled>", Decls: append([]ast.Decl{&ast.Package{Name: ast.NewIdent(l.instance.PkgName)}}, fields...)}
	if err := l.instance.AddSyntax(file); err != nil {
		return cue.Value{}, failure(wire.InvalidModule, err)
	}
	value := cuecontext.New().BuildInstance(l.instance)
	if l.instance.Err != nil {
		return cue.Value{}, failure(wire.InvalidModule, l.instance.Err)
	}
	return value, nil
}

func field(name string, value ast.Expr) ast.Decl {
	return &ast.Field{Label: ast.NewIdent(name), Value: value}
}

// parse reads JSON; nothing given is an empty object.
func parse(name string, text json.RawMessage, code string) (ast.Expr, *wire.Failure) {
	if len(text) == 0 {
		text = json.RawMessage("{}")
	}
	expression, err := cuejson.Extract(name, text)
	if err != nil {
		return nil, failure(code, err)
	}
	return expression, nil
}
