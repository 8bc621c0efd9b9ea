package main

import (
	"net/http"

	"github.com/coder/websocket"
)

const largestMessage = 32 << 20

// echo sends each message back whole and with its type, until the other side closes.
func echo(w http.ResponseWriter, r *http.Request) {
	// Any origin may connect: the app holds nothing to protect.
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer socket.CloseNow()
	socket.SetReadLimit(largestMessage)
	for {
		kind, message, err := socket.Read(r.Context())
		if err != nil {
			return
		}
		if err := socket.Write(r.Context(), kind, message); err != nil {
			return
		}
	}
}
