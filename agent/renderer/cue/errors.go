package cue

import (
	"fmt"
	"regexp"
	"strings"

	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"kubenova.io/renderer/wire"
)

const (
	maxErrors       = 20
	maxTextBytes    = 1024
	maxConstraint   = 256
	emptyDisjuncton = "in empty disjunction:"
	noAlternative   = "none of the alternatives fits: "
	// Begins the names of what has no file: positions in them help nobody.
	filledPrefix = "<"
)

func failure(code string, err error) *wire.Failure {
	return &wire.Failure{Code: code, Errors: details(err)}
}

// details names each error with its place, the first ones where there are many. That of a disjunction comes as one per
// alternative: they are told as one.
func details(err error) []wire.Detail {
	all := errors.Errors(err)
	found := []wire.Detail{}
	for i := 0; i < len(all); i++ {
		if len(found) == maxErrors {
			return append(found, wire.Detail{Message: fmt.Sprintf("and more: %d errors in all", len(all))})
		}
		detail := detailOf(all[i])
		if strings.HasSuffix(detail.Message, emptyDisjuncton) {
			var reasons []string
			for ; i+1 < len(all) && pathOf(all[i+1]) == detail.Path; i++ {
				alternative := detailOf(all[i+1])
				reasons = append(reasons, alternative.Message)
				if detail.File == "" {
					detail.File, detail.Line, detail.Column = alternative.File, alternative.Line, alternative.Column
				}
			}
			detail.Message = cut(noAlternative+strings.Join(reasons, "; "), maxTextBytes)
		}
		if len(found) == 0 || found[len(found)-1] != detail {
			found = append(found, detail)
		}
	}
	return found
}

func detailOf(err errors.Error) wire.Detail {
	path := pathOf(err)
	message := strings.TrimPrefix(err.Error(), path+": ")
	detail := wire.Detail{
		Path:     path,
		Message:  cut(message, maxTextBytes),
		Expected: expectedBy(message),
	}
	if at := place(err); at.IsValid() {
		detail.File, detail.Line, detail.Column = shownPath(at.Filename()), at.Line(), at.Column()
	}
	return detail
}

// notLoaded is why there is no package.
func notLoaded(err error) *wire.Failure {
	if match := noPackage.FindStringSubmatch(err.Error()); match != nil {
		message := "no package clause: a file begins with `package NAME`"
		return &wire.Failure{Code: wire.InvalidModule, Errors: []wire.Detail{{File: match[1], Message: message}}}
	}
	return failure(wire.InvalidModule, err)
}

func pathOf(err errors.Error) string { return strings.Join(err.Path(), ".") }

// place is where in a file the error is, or the first file that had a part in it.
func place(err errors.Error) token.Pos {
	for _, at := range append([]token.Pos{err.Position()}, err.InputPositions()...) {
		if at.IsValid() && at.Filename() != "" && !strings.HasPrefix(at.Filename(), filledPrefix) {
			return at
		}
	}
	return token.NoPos
}

var (
	bound      = regexp.MustCompile(`\((?:out of bound|does not satisfy) (.+)\)$`)
	mismatched = regexp.MustCompile(`(?s)^conflicting values (.+) and (.+) \(mismatched types \S+ and \S+\)$`)
	needed     = regexp.MustCompile(`(?s)^incomplete value (.+)$`)
	noPackage  = regexp.MustCompile(`(?m)^\s*(\S+): no package name$`)
	basicType  = regexp.MustCompile(`^(string|int|number|float|bool|bytes|null)$`)
)

// expectedBy reads from CUE's own words what would have been right.
func expectedBy(message string) string {
	if match := bound.FindStringSubmatch(message); match != nil {
		return match[1]
	}
	if match := mismatched.FindStringSubmatch(message); match != nil {
		for _, side := range match[1:] {
			if basicType.MatchString(side) {
				return side
			}
		}
	}
	if match := needed.FindStringSubmatch(message); match != nil {
		return cut(match[1], maxConstraint)
	}
	return ""
}

// unquoted says what is wrong without the value that is: violations are shown in events and at the manager, whose readers
// need not be allowed to read the input.
func unquoted(message, constraint string) string {
	switch {
	case strings.HasPrefix(message, "field "):
		return message
	case constraint != "":
		return constraint + " was expected"
	}
	return "not what the policy allows"
}

func cut(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	return strings.ToValidUTF8(text[:bytes-len("…")], "") + "…"
}
