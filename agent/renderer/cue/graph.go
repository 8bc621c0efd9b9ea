package cue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"kubenova.io/renderer/wire"
)

// Of protocol/resources/graph.ts, graphNodeSchema, which has the last word.
var nodeFields = []string{"object", "dependsOn", "readyWhen", "applyPolicy"}

type nodes struct {
	// Of the answer: {id, object, …}, in the module's order.
	answer []json.RawMessage
	byID   []node
}

type node struct {
	id string
	// {object, …}
	text   json.RawMessage
	object json.RawMessage
}

// graph reads the nodes of a filled module.
func graph(module cue.Value) (*nodes, *wire.Failure) {
	found := module.LookupPath(pathNodes)
	if !found.Exists() {
		return nil, wire.Fail(wire.InvalidModule, "nodes is missing: what the module makes, by node id")
	}
	fields, err := found.Fields()
	if err != nil {
		return nil, failure(wire.InvalidOutput, err)
	}
	made := &nodes{answer: []json.RawMessage{}}
	for fields.Next() {
		one := node{id: fields.Selector().Unquoted()}
		if one.text, err = fields.Value().MarshalJSON(); err != nil {
			return nil, notConcrete(fields.Value(), err)
		}
		if fail := one.check(fields.Value()); fail != nil {
			return nil, fail
		}
		made.byID = append(made.byID, one)
		made.answer = append(made.answer, one.withID())
	}
	return made, nil
}

func notConcrete(value cue.Value, err error) *wire.Failure {
	if places := value.Validate(cue.Concrete(true), cue.Final()); places != nil {
		err = places
	}
	return failure(wire.Incomplete, err)
}

// check says early, and with a place in the module, what would be refused later without one.
func (n *node) check(value cue.Value) *wire.Failure {
	var members map[string]json.RawMessage
	if json.Unmarshal(n.text, &members) != nil {
		return misshapen(value, "", "a node is a struct", "{object: {…}}")
	}
	for name := range members {
		if !slices.Contains(nodeFields, name) {
			message := fmt.Sprintf("field not allowed: a node has %s", strings.Join(nodeFields, ", "))
			return misshapen(value, name, message, "")
		}
	}
	n.object = members["object"]
	var object struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(n.object, &object); err != nil {
		return misshapen(value, "object", "no Kubernetes object: apiVersion, kind, metadata.name and metadata.namespace are strings", "")
	}
	needed := map[string]string{
		"object.apiVersion": object.APIVersion, "object.kind": object.Kind, "object.metadata.name": object.Metadata.Name,
	}
	for _, path := range []string{"object.apiVersion", "object.kind", "object.metadata.name"} {
		if needed[path] == "" {
			return misshapen(value, path, "required for a Kubernetes object", "string")
		}
	}
	return nil
}

// misshapen points at the value, or at what it is missing in.
func misshapen(node cue.Value, path, message, expected string) *wire.Failure {
	detail := wire.Detail{Path: node.Path().String(), Message: message, Expected: expected}
	at := node
	for _, label := range strings.FieldsFunc(path, func(char rune) bool { return char == '.' }) {
		detail.Path += "." + label
		if next := at.LookupPath(cue.MakePath(cue.Str(label))); next.Exists() {
			at = next
		}
	}
	if place := at.Pos(); place.IsValid() {
		detail.File, detail.Line, detail.Column = shownPath(place.Filename()), place.Line(), place.Column()
	}
	return &wire.Failure{Code: wire.InvalidOutput, Errors: []wire.Detail{detail}}
}

// withID puts the id in front of a node's members; there is one at least.
func (n *node) withID() json.RawMessage {
	id, _ := json.Marshal(n.id)
	return bytes.Join([][]byte{[]byte(`{"id":`), id, []byte(`,`), n.text[1:]}, nil)
}
