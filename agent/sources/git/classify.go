package main

import (
	"errors"
	"net"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/crypto/ssh/knownhosts"
)

// classify gives an error one of the kinds of agent/sources/types.ts, and words without a credential: those of go-git's
// errors hold the URL, which has none.
func classify(err error, n *network) (kind, message string) {
	var (
		address  refusedAddress
		foreign  foreignHost
		badInput invalid
		missing  notFound
		large    tooLarge
		timeout  net.Error
		hostKey  *knownhosts.KeyError
		revoked  *knownhosts.RevokedError
	)
	switch {
	// Read wherever it ended up: parsers of what is cut short have errors of their own.
	case n.bytes() > n.limit:
		return "too-large", tooManyBytes{n.limit}.Error()
	case errors.As(err, &address):
		return "forbidden", address.Error()
	case errors.As(err, &foreign):
		return "forbidden", foreign.Error()
	case errors.As(err, &hostKey), errors.As(err, &revoked):
		return "forbidden", "the server's host key is not the one in the pull secret's known_hosts"
	case errors.As(err, &badInput):
		return "invalid", badInput.message
	case errors.As(err, &missing):
		return "not-found", missing.what
	case errors.As(err, &large):
		return "too-large", large.what
	case strings.Contains(err.Error(), "not our ref"):
		return "not-found", "the repository has no such commit, or hides it"
	case errors.Is(err, transport.ErrAuthenticationRequired), strings.Contains(err.Error(), "unable to authenticate"):
		return "unauthorized", "the server refuses the credentials of the pull secret, or wants some"
	case errors.Is(err, transport.ErrAuthorizationFailed):
		return "forbidden", "the server forbids it"
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return "not-found", "the server has no such repository, or hides it"
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return "not-found", "the repository is empty"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout", "the server sent nothing for too long"
	}
	return "unreachable", firstLine(err.Error())
}

func firstLine(text string) string {
	const most = 300
	line, _, _ := strings.Cut(text, "\n")
	if len(line) > most {
		line = line[:most] + "…"
	}
	return strings.ToValidUTF8(line, "?")
}
