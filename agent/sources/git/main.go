// Fetches one tree of one git repository, and ends: the request is one JSON document on stdin, the answer one line of JSON
// on stdout, followed by the tree as a tar where the line says so. Credentials come by stdin alone, and nothing is
// written anywhere: objects are held in memory, within a limit that the kernel keeps.
package main

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	_ "golang.org/x/crypto/x509roots/fallback"
)

// Request is what the agent wants. Exactly as agent/sources/git/child.ts writes it.
type Request struct {
	// https://host/path or ssh://user@host:port/path, without a password.
	URL string `json:"url"`
	// A branch, a tag, a full name (refs/…), a commit, or HEAD.
	Ref string `json:"ref"`
	// Folder whose content is wanted; empty for all.
	Dir string `json:"dir"`
	// The commit that the caller has: nothing is sent where the reference stands for it still.
	Held string `json:"held"`

	Username string `json:"username"`
	Password string `json:"password"`
	// host, or host:port where that is not 443: with a password nobody else is asked, redirects included.
	Hosts      []string `json:"hosts"`
	CA         string   `json:"ca"`
	PrivateKey string   `json:"privateKey"`
	KnownHosts string   `json:"knownHosts"`

	// CIDRs; what is allowed goes before what is refused.
	Allowed []string `json:"allowed"`
	Refused []string `json:"refused"`

	MaxFileBytes    int64 `json:"maxFileBytes"`
	MaxBytes        int64 `json:"maxBytes"`
	MaxFiles        int   `json:"maxFiles"`
	MaxDepth        int   `json:"maxDepth"`
	MaxArchiveBytes int64 `json:"maxArchiveBytes"`
	IdleMs          int64 `json:"idleMs"`
}

// Answer is the line before the tar.
type Answer struct {
	Commit    string `json:"commit,omitempty"`
	Unchanged bool   `json:"unchanged,omitempty"`
	// Bytes that came over the network.
	Bytes int64 `json:"bytes"`

	// A SourceErrorKind of agent/sources/types.ts.
	Kind    string `json:"kind,omitempty"`
	Message string `json:"message,omitempty"`
}

func main() {
	memory := flag.Uint64("memory", 0, "bytes of memory that this process may have")
	flag.Parse()
	if err := limitProcess(*memory); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	var request Request
	if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
		fmt.Fprintln(os.Stderr, "no request on stdin")
		os.Exit(2)
	}
	out := bufio.NewWriterSize(os.Stdout, 64*1024)
	if err := answer(out, &request); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer(out *bufio.Writer, request *Request) error {
	network := &network{limit: request.MaxArchiveBytes}
	found, err := fetch(context.Background(), request, network)
	line := Answer{Bytes: network.bytes()}
	if err != nil {
		line.Kind, line.Message = classify(err, network)
	} else {
		line.Commit, line.Unchanged = found.commit, found.files == nil
	}
	if err := json.NewEncoder(out).Encode(line); err != nil {
		return err
	}
	if err == nil && found.files != nil {
		if err := writeTar(tar.NewWriter(out), found.files); err != nil {
			return err
		}
	}
	return out.Flush()
}
