// Package server reads requests, one JSON document a line, and writes an answer to each. It takes them one by one: its
// host sends the next when it has the answer, and so knows which request a process died of.
package server

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"kubenova.io/renderer/cue"
	"kubenova.io/renderer/wire"
)

// Render is one language's way from a module and an input to nodes and violations.
type Render func(*wire.RenderRequest) (*wire.Rendered, *wire.Failure)

var languages = map[string]Render{"cue": cue.Render}

// After a pause of this length memory is given back to the system.
const idle = time.Second

// Serve ends without error where the input does.
func Serve(in io.Reader, out io.Writer) error {
	reader := bufio.NewReaderSize(in, 64<<10)
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	rest := time.AfterFunc(idle, debug.FreeOSMemory)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		rest.Stop()
		if err := answers.Encode(reply(line)); err != nil {
			return err
		}
		rest.Reset(idle)
	}
}

type rendered struct {
	ID int64 `json:"id"`
	OK bool  `json:"ok"`
	*wire.Rendered
}

type pinned struct {
	ID   int64      `json:"id"`
	OK   bool       `json:"ok"`
	Pins []wire.Pin `json:"pins"`
}

type failed struct {
	ID     int64         `json:"id"`
	OK     bool          `json:"ok"`
	Code   string        `json:"code"`
	Errors []wire.Detail `json:"errors"`
}

func reply(line []byte) any {
	var head wire.Head
	if err := json.Unmarshal(line, &head); err != nil {
		return refuse(head.ID, wire.Fail(wire.BadRequest, "not a request: "+err.Error()))
	}
	switch head.Op {
	case "render":
		var request wire.RenderRequest
		if err := json.Unmarshal(line, &request); err != nil {
			return refuse(head.ID, wire.Fail(wire.BadRequest, err.Error()))
		}
		render, found := languages[request.Language]
		if !found {
			return refuse(head.ID, wire.Fail(wire.BadRequest, fmt.Sprintf("no language named %q", request.Language)))
		}
		answer, fail := render(&request)
		if fail != nil {
			return refuse(head.ID, fail)
		}
		return rendered{ID: head.ID, OK: true, Rendered: answer}
	case "pins":
		var request wire.PinsRequest
		if err := json.Unmarshal(line, &request); err != nil {
			return refuse(head.ID, wire.Fail(wire.BadRequest, err.Error()))
		}
		pins, fail := cue.Pins(request.Module)
		if fail != nil {
			return refuse(head.ID, fail)
		}
		return pinned{ID: head.ID, OK: true, Pins: pins}
	}
	return refuse(head.ID, wire.Fail(wire.BadRequest, fmt.Sprintf("no operation named %q", head.Op)))
}

func refuse(id int64, fail *wire.Failure) failed {
	return failed{ID: id, Code: fail.Code, Errors: fail.Errors}
}
