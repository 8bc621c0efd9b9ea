package main

import (
	"context"
	"fmt"
	"io"
	"regexp"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage/memory"
)

type found struct {
	commit string
	// nil where the caller has the commit.
	files []file
}

type notFound struct{ what string }

func (e notFound) Error() string { return e.what }

var commitName = regexp.MustCompile(`^[0-9a-f]{40}$`)

func fetch(ctx context.Context, request *Request, n *network) (*found, error) {
	session, err := openSession(request, n)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	advertised, err := session.AdvertisedReferencesContext(ctx)
	if err != nil {
		return nil, err
	}
	want, err := resolve(advertised, request.Ref)
	if err != nil {
		return nil, err
	}
	if want.String() == request.Held {
		return &found{commit: request.Held}, nil
	}
	objects := memory.NewStorage()
	if err := download(ctx, session, advertised, want, request, objects); err != nil {
		return nil, err
	}
	commit, err := commitOf(objects, want)
	if err != nil {
		return nil, err
	}
	if commit.Hash.String() == request.Held {
		return &found{commit: request.Held}, nil
	}
	files, err := filesOf(objects, commit, request)
	if err != nil {
		return nil, err
	}
	return &found{commit: commit.Hash.String(), files: files}, nil
}

// resolve finds what a name stands for: a branch before a tag, as `git clone --branch` has it.
func resolve(advertised *packp.AdvRefs, name string) (plumbing.Hash, error) {
	if name == "HEAD" {
		if advertised.Head == nil {
			return plumbing.ZeroHash, notFound{"the repository has no HEAD"}
		}
		return *advertised.Head, nil
	}
	for _, full := range []string{"refs/heads/" + name, "refs/tags/" + name, name} {
		// Of an annotated tag, the commit.
		if hash, is := advertised.Peeled[full]; is {
			return hash, nil
		}
		if hash, is := advertised.References[full]; is {
			return hash, nil
		}
	}
	if commitName.MatchString(name) {
		return plumbing.NewHash(name), nil
	}
	return plumbing.ZeroHash, notFound{fmt.Sprintf("the repository has no branch, tag or commit %q", name)}
}

// download asks for one commit without its history. A server that gives advertised commits alone is asked for the history
// of all of them where the commit is another one.
func download(
	ctx context.Context,
	session transport.UploadPackSession,
	advertised *packp.AdvRefs,
	want plumbing.Hash,
	limits *Request,
	objects *memory.Storage,
) error {
	request := packp.NewUploadPackRequestFromCapabilities(advertised.Capabilities)
	request.Wants = []plumbing.Hash{want}
	if !isAdvertised(advertised, want) && !givesAny(advertised.Capabilities) {
		request.Wants = allTips(advertised)
	} else if advertised.Capabilities.Supports(capability.Shallow) {
		request.Depth = packp.DepthCommits(1)
		if err := request.Capabilities.Set(capability.Shallow); err != nil {
			return err
		}
	}
	if advertised.Capabilities.Supports(capability.Filter) {
		// Files that are too large need not travel; that they are there is in the tree.
		request.Filter = packp.FilterBlobLimit(uint64(limits.MaxFileBytes)+1, packp.BlobLimitPrefixNone)
		if err := request.Capabilities.Set(capability.Filter); err != nil {
			return err
		}
	}
	response, err := session.UploadPack(ctx, request)
	if err != nil {
		return err
	}
	defer response.Close()
	return packfile.UpdateObjectStorage(objects, unbanded(request.Capabilities, response))
}

func unbanded(capabilities *capability.List, response io.Reader) io.Reader {
	switch {
	case capabilities.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, response)
	case capabilities.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, response)
	}
	return response
}

func isAdvertised(advertised *packp.AdvRefs, want plumbing.Hash) bool {
	for _, tip := range allTips(advertised) {
		if tip == want {
			return true
		}
	}
	return false
}

func givesAny(capabilities *capability.List) bool {
	return capabilities.Supports(capability.AllowReachableSHA1InWant) ||
		capabilities.Supports(capability.AllowTipSHA1InWant)
}

func allTips(advertised *packp.AdvRefs) []plumbing.Hash {
	seen := map[plumbing.Hash]bool{}
	tips := []plumbing.Hash{}
	add := func(hash plumbing.Hash) {
		if !seen[hash] {
			seen[hash] = true
			tips = append(tips, hash)
		}
	}
	if advertised.Head != nil {
		add(*advertised.Head)
	}
	for _, hashes := range []map[string]plumbing.Hash{advertised.References, advertised.Peeled} {
		for _, hash := range hashes {
			add(hash)
		}
	}
	return tips
}

// commitOf follows annotated tags.
func commitOf(objects storer.EncodedObjectStorer, hash plumbing.Hash) (*object.Commit, error) {
	const maxTags = 8
	for range maxTags {
		if commit, err := object.GetCommit(objects, hash); err == nil {
			return commit, nil
		}
		tag, err := object.GetTag(objects, hash)
		if err != nil {
			return nil, notFound{fmt.Sprintf("the repository has no commit %s", hash)}
		}
		hash = tag.Target
	}
	return nil, invalid{"a tag of a tag, too often"}
}
