// Command web is the app that the demo deploys and that tests talk to.
//
//	GET /            an HTML page with the version and the host's (the pod's) name
//	GET /healthz     200 "ok"
//	GET /env         the environment, one NAME=VALUE a line, sorted
//	GET /ws          a WebSocket that sends each message back
//	GET /bytes?n=    that many random bytes
//	GET /fetch?url=  what the app gets from there: shows what a pod can reach, and by which names
//	GET /log?n=&text= writes so many numbered lines to standard output
//
// With an argument it serves nothing: `app env` prints the environment, `app cat` copies its input to its
// output. So `kubectl exec` has something to run where there is no shell.
package main

import (
	"fmt"
	"html/template"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"
)

// version is set when the program is linked; the environment's VERSION wins.
var version = "0"

const (
	defaultAddress = ":8080"
	mostBytes      = 4 << 30
	mostLines      = 100_000_000
)

func main() {
	if len(os.Args) > 1 {
		os.Exit(command(os.Args[1]))
	}
	if set := os.Getenv("VERSION"); set != "" {
		version = set
	}
	address := defaultAddress
	if port := os.Getenv("PORT"); port != "" {
		address = ":" + port
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /env", func(w http.ResponseWriter, _ *http.Request) { environment(w) })
	mux.HandleFunc("GET /ws", echo)
	mux.HandleFunc("GET /bytes", randomBytes)
	mux.HandleFunc("GET /fetch", fetch)
	mux.HandleFunc("GET /log", lines)
	log.Printf("web %s listens on %s", version, address)
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func command(name string) int {
	switch name {
	case "env":
		environment(os.Stdout)
	case "cat":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			return 1
		}
	default:
		fmt.Fprintln(os.Stderr, "unknown command", name)
		return 2
	}
	return 0
}

var html = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>web {{.Version}}</title>
<h1>web {{.Version}}</h1>
<p>version <b id="version">{{.Version}}</b>, served by <b id="host">{{.Host}}</b></p>
</html>
`))

func page(w http.ResponseWriter, _ *http.Request) {
	host, _ := os.Hostname()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Version", version)
	_ = html.Execute(w, map[string]string{"Version": version, "Host": host})
}

func environment(w io.Writer) {
	all := os.Environ()
	slices.Sort(all)
	for _, one := range all {
		fmt.Fprintln(w, one)
	}
}

// randomBytes cannot be compressed by anything on the way, so what is measured is what was sent.
func randomBytes(w http.ResponseWriter, r *http.Request) {
	left, ok := number(w, r, mostBytes)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(left))
	source := rand.NewChaCha8([32]byte{byte(left)})
	for chunk := make([]byte, 32<<10); left > 0; {
		part := chunk[:min(left, len(chunk))]
		_, _ = source.Read(part)
		if _, err := w.Write(part); err != nil {
			return
		}
		left -= len(part)
	}
}

func lines(w http.ResponseWriter, r *http.Request) {
	count, ok := number(w, r, mostLines)
	if !ok {
		return
	}
	text := r.URL.Query().Get("text")
	for i := range count {
		fmt.Printf("line %d %s\n", i+1, text)
	}
	fmt.Fprintln(w, count)
}

// number reads the parameter n; where it is not one from 0 to most, it answers 400.
func number(w http.ResponseWriter, r *http.Request, most int) (int, bool) {
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 0 || n > most {
		http.Error(w, fmt.Sprintf("n must be a number from 0 to %d", most), http.StatusBadRequest)
		return 0, false
	}
	return n, true
}
