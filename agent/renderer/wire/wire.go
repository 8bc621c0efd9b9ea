// Package wire is the child's side of agent/renderer/contract.ts: one JSON document a line, in and out.
package wire

import "encoding/json"

// Codes of contract.ts, RENDER_ERROR_CODES.
const (
	InvalidModule     = "invalid-module"
	InvalidInput      = "invalid-input"
	Incomplete        = "incomplete"
	InvalidOutput     = "invalid-output"
	InvalidPolicy     = "invalid-policy"
	MissingDependency = "missing-dependency"
	BadRequest        = "bad-request"
)

// Severities of protocol/resources/policy.ts.
const (
	Warn = "Warn"
	Deny = "Deny"
)

// Files by path relative to the module's root.
type Files map[string]string

type Module struct {
	Files Files `json:"files"`
	// Path is the folder of the package; the root where it is empty.
	Path string `json:"path"`
}

type Policy struct {
	Module
	Name   string `json:"name"`
	Digest string `json:"digest"`
	// Severity instead of the policy's own.
	Severity   string          `json:"severity"`
	Parameters json.RawMessage `json:"parameters"`
}

// Head is what every request begins with.
type Head struct {
	Op string `json:"op"`
	ID int64  `json:"id"`
}

type RenderRequest struct {
	Language     string           `json:"language"`
	Module       Module           `json:"module"`
	Dependencies map[string]Files `json:"dependencies"`
	Input        json.RawMessage  `json:"input"`
	Context      json.RawMessage  `json:"context"`
	Policies     []Policy         `json:"policies"`
}

type PinsRequest struct {
	Module string `json:"module"`
}

type Violation struct {
	Path     string `json:"path"`
	Message  string `json:"message"`
	Severity string `json:"severity"`
	Policy   string `json:"policy"`
}

type Rendered struct {
	Nodes           []json.RawMessage `json:"nodes"`
	Violations      []Violation       `json:"violations"`
	LanguageVersion string            `json:"languageVersion"`
}

type Pin struct {
	Path    string `json:"path"`
	Version string `json:"version"`
}

type Detail struct {
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Path     string `json:"path,omitempty"`
	Message  string `json:"message"`
	Expected string `json:"expected,omitempty"`
}

// Failure is an answer with `ok: false`.
type Failure struct {
	Code   string
	Errors []Detail
}

// Fail is a failure with one message and no position.
func Fail(code, message string) *Failure {
	return &Failure{Code: code, Errors: []Detail{{Message: message}}}
}
