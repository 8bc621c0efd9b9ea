package main

import (
	"archive/tar"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

type file struct {
	path string
	data plumbing.EncodedObject
}

type tooLarge struct{ what string }

func (e tooLarge) Error() string { return e.what }

const foldersPerFile = 4

type walk struct {
	objects *memory.Storage
	request *Request
	files   []file
	folders int
	bytes   int64
}

// filesOf lists the plain files of a commit. Symbolic links and submodules are left out: nothing in a tree leads out of it.
func filesOf(objects *memory.Storage, commit *object.Commit, request *Request) ([]file, error) {
	tree, err := commit.Tree()
	if err != nil {
		return nil, err
	}
	if request.Dir != "" {
		if tree, err = tree.Tree(request.Dir); err != nil {
			return nil, notFound{fmt.Sprintf("the commit has no folder %q", request.Dir)}
		}
	}
	w := &walk{objects: objects, request: request, files: []file{}}
	if err := w.folder(tree, "", 0); err != nil {
		return nil, err
	}
	return w.files, nil
}

// One folder may stand in a thousand places, and each of them in a thousand others: folders are counted too.
func (w *walk) folder(tree *object.Tree, prefix string, depth int) error {
	if depth > w.request.MaxDepth {
		return tooLarge{fmt.Sprintf("%q is deeper than %d folders", clipped(prefix), w.request.MaxDepth)}
	}
	if w.folders++; w.folders > foldersPerFile*w.request.MaxFiles {
		return tooLarge{fmt.Sprintf("more than %d folders", foldersPerFile*w.request.MaxFiles)}
	}
	for _, entry := range tree.Entries {
		path := prefix + entry.Name
		switch entry.Mode {
		case filemode.Dir:
			below, err := object.GetTree(w.objects, entry.Hash)
			if err != nil {
				return invalid{fmt.Sprintf("the folder %q did not come with the commit", clipped(path))}
			}
			if err := w.folder(below, path+"/", depth+1); err != nil {
				return err
			}
		case filemode.Regular, filemode.Executable, filemode.Deprecated:
			if err := w.file(path, entry.Hash); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) file(path string, hash plumbing.Hash) error {
	if len(w.files) >= w.request.MaxFiles {
		return tooLarge{fmt.Sprintf("more than %d files", w.request.MaxFiles)}
	}
	data, err := w.objects.EncodedObject(plumbing.BlobObject, hash)
	// What the filter left behind.
	if err != nil || data.Size() > w.request.MaxFileBytes {
		return tooLarge{fmt.Sprintf("%q has more than %d bytes", clipped(path), w.request.MaxFileBytes)}
	}
	w.bytes += data.Size()
	if w.bytes > w.request.MaxBytes {
		return tooLarge{fmt.Sprintf("more than %d bytes", w.request.MaxBytes)}
	}
	w.files = append(w.files, file{path: path, data: data})
	return nil
}

func writeTar(out *tar.Writer, files []file) error {
	for _, each := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: each.path, Mode: 0o644, Size: each.data.Size()}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		reader, err := each.data.Reader()
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, reader); err != nil {
			return err
		}
		if err := reader.Close(); err != nil {
			return err
		}
	}
	return out.Close()
}

func clipped(text string) string {
	const most = 120
	if len(text) > most {
		return text[:most] + "…"
	}
	return strings.ToValidUTF8(text, "?")
}
