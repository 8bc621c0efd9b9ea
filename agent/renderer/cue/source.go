// Package cue renders modules and evaluates policies that are written in CUE. Each render has a context of its own, and
// reads nothing but the files of its request.
package cue

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing/fstest"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/errors"
	cueload "cuelang.org/go/cue/load"
	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"

	"kubenova.io/renderer/wire"
)

const (
	moduleFile = "cue.mod/module.cue"
	// The main module lies there in its file system, dependencies beside it.
	mainRoot       = "main"
	dependencyRoot = "dependencies"
)

// load reads and parses the package of a module, and what it imports.
func load(source wire.Module, dependencies map[string]wire.Files) (*loaded, *wire.Failure) {
	root, err := treeOf(source.Files, dependencies)
	if err != nil {
		return nil, wire.Fail(wire.BadRequest, err.Error())
	}
	folder := strings.Trim(source.Path, "/")
	if folder != "" && !fs.ValidPath(folder) {
		return nil, wire.Fail(wire.BadRequest, fmt.Sprintf("path %q: no folder of a module", source.Path))
	}
	registry := &registry{root: root, modules: dependencies}
	instances := cueload.Instances([]string{"."}, &cueload.Config{
		FS:         root,
		Dir:        "/" + mainRoot + "/" + folder,
		ModuleRoot: "/" + mainRoot,
		Registry:   registry,
		Env:        []string{},
		FromFSPath: shownPath,
	})
	instance := instances[0]
	if instance.Err != nil {
		err = instance.Err
	} else {
		err = refuseTools(instance)
	}
	if missing := registry.missing; err != nil && len(missing) > 0 {
		return nil, wire.Fail(wire.MissingDependency, "not at hand: "+strings.Join(missing, ", "))
	}
	if err != nil {
		return nil, notLoaded(err)
	}
	return &loaded{instance}, nil
}

// tree is all that a load can read. Its absolute paths are its own: they begin at its root, whatever the system has there.
type tree struct{ fstest.MapFS }

// OSRoot is what cue/load puts before the paths of a dependency.
func (tree) OSRoot() string { return "/" }

// treeOf lays out the files; a module of one package may leave cue.mod/module.cue out.
func treeOf(files wire.Files, dependencies map[string]wire.Files) (tree, error) {
	root := tree{fstest.MapFS{}}
	if _, found := files[moduleFile]; !found {
		text := "module: \"unnamed.invalid/module@v0\"\nlanguage: version: \"v0.17.0\"\n"
		root.MapFS[mainRoot+"/"+moduleFile] = &fstest.MapFile{Data: []byte(text), Mode: 0o444}
	}
	if err := root.add(mainRoot, files); err != nil {
		return root, err
	}
	for version, files := range dependencies {
		if err := root.add(dependencyRoot+"/"+version, files); err != nil {
			return root, err
		}
	}
	return root, nil
}

func (t tree) add(folder string, files wire.Files) error {
	if !fs.ValidPath(folder) {
		return fmt.Errorf("dependency %q: no path@version", folder)
	}
	for path, text := range files {
		if !fs.ValidPath(path) || path == "." {
			return fmt.Errorf("file %q: no path inside of a module", path)
		}
		t.MapFS[folder+"/"+path] = &fstest.MapFile{Data: []byte(text), Mode: 0o444}
	}
	return nil
}

func shownPath(path string) string {
	path = strings.TrimPrefix(path, "/")
	return strings.TrimPrefix(strings.TrimPrefix(path, mainRoot+"/"), dependencyRoot+"/")
}

// refuseTools: packages tool/… describe commands, files and requests. Nothing here would carry them out; a module that
// imports them expects it.
func refuseTools(instance *build.Instance) error {
	for _, imported := range instance.Imports {
		if err := refuseTools(imported); err != nil {
			return err
		}
	}
	for _, file := range instance.Files {
		for spec := range file.ImportSpecs() {
			path := ast.ParseImportPath(strings.Trim(spec.Path.Value, "\"`")).Path
			if path == "tool" || strings.HasPrefix(path, "tool/") {
				return errors.Newf(spec.Pos(), "package %s reaches outside of the module: not available", path)
			}
		}
	}
	return nil
}

// registry serves the request's dependencies, and remembers what was asked for in vain.
type registry struct {
	root    tree
	modules map[string]wire.Files
	missing []string
}

// ModFile of a version that the request does not hold is empty: an older requirement of a dependency, which the main
// module's own pin outranks, is asked for and never fetched.
func (r *registry) ModFile(_ context.Context, version module.Version) (*modfile.File, error) {
	text, found := r.modules[version.String()][moduleFile]
	if !found {
		text = fmt.Sprintf("module: %q\nlanguage: version: \"v0.9.0\"\n", version.Path())
	}
	return modfile.Parse([]byte(text), version.String()+"/"+moduleFile)
}

func (r *registry) Fetch(_ context.Context, version module.Version) (module.SourceLoc, error) {
	if _, found := r.modules[version.String()]; found {
		return module.SourceLoc{FS: r.root, Dir: dependencyRoot + "/" + version.String()}, nil
	}
	if !slices.Contains(r.missing, version.String()) {
		r.missing = append(r.missing, version.String())
	}
	return module.SourceLoc{}, fmt.Errorf("module %s is not at hand", version)
}

func (r *registry) ModuleVersions(_ context.Context, path string) ([]string, error) {
	var versions []string
	for _, key := range slices.Sorted(maps.Keys(r.modules)) {
		version, err := module.ParseVersion(key)
		if err == nil && (version.Path() == path || version.BasePath() == path) {
			versions = append(versions, version.Version())
		}
	}
	return versions, nil
}

// Pins are the dependencies that a cue.mod/module.cue names, by path.
func Pins(text string) ([]wire.Pin, *wire.Failure) {
	file, err := modfile.ParseNonStrict([]byte(text), moduleFile)
	if err != nil {
		return nil, failure(wire.InvalidModule, err)
	}
	pins := []wire.Pin{}
	for _, version := range file.DepVersions() {
		pins = append(pins, wire.Pin{Path: version.BasePath(), Version: version.Version()})
	}
	return pins, nil
}
