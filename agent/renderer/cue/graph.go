package cue

import (
	"bytes"
	"encoding/json"

	"cuelang.org/go/cue"

	"kubenova.io/renderer/wire"
)

// What a node is: protocol/resources/graph.ts, graphNodeSchema, says the same and has the last word.
const nodesSchema = `
#Nodes: [string]: {
	object: {
		apiVersion: string & !=""
		kind:       string & !=""
		metadata: {name: string & !="", namespace?: string, ...}
		...
	}
	dependsOn?: [...string]
	readyWhen?: [...{type: string & !="", ...}]
	applyPolicy?: {...}
}
`

type nodes struct {
	// Of the answer: {id, object, …}, in the module's order.
	answer []json.RawMessage
	// What a policy sees, by id: {object, …}.
	byID []named
}

type named struct {
	id   string
	text json.RawMessage
}

// graph reads the nodes of a filled module.
func graph(module cue.Value) (*nodes, *wire.Failure) {
	found := module.LookupPath(pathNodes)
	if !found.Exists() {
		return nil, wire.Fail(wire.InvalidModule, "nodes is missing: what the module makes, by node id")
	}
	schema := module.Context().CompileString(nodesSchema, cue.Filename("<nodes>"))
	checked := found.Unify(schema.LookupPath(cue.MakePath(cue.Def("Nodes"))))
	if err := checked.Validate(); err != nil {
		return nil, failure(wire.InvalidOutput, err)
	}
	// The module's own values first: what the schema asks for beside them would stand in the error.
	for _, value := range []cue.Value{found, checked} {
		if err := value.Validate(cue.Concrete(true), cue.Final()); err != nil {
			return nil, failure(wire.Incomplete, err)
		}
	}
	fields, err := found.Fields()
	if err != nil {
		return nil, failure(wire.InvalidOutput, err)
	}
	made := &nodes{answer: []json.RawMessage{}}
	for fields.Next() {
		id := fields.Selector().Unquoted()
		text, err := fields.Value().MarshalJSON()
		if err != nil {
			return nil, failure(wire.Incomplete, err)
		}
		made.byID = append(made.byID, named{id: id, text: text})
		made.answer = append(made.answer, withID(id, text))
	}
	return made, nil
}

// withID puts the id in front of a JSON object's members; a node always has one at least.
func withID(id string, object json.RawMessage) json.RawMessage {
	name, _ := json.Marshal(id)
	return bytes.Join([][]byte{[]byte(`{"id":`), name, []byte(`,`), object[1:]}, nil)
}
