package supervise

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"time"
)

// Only readiness is asked here, of a server on this machine, without credentials: nothing is trusted.
var probe = &http.Client{
	Timeout:   2 * time.Second,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
}

// awaitAll returns when each target has answered once. It has no deadline: the caller of the cluster
// has one, and ends the supervisor when it is over.
func awaitAll(targets []string) {
	for _, target := range targets {
		for !answers(target) {
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func answers(target string) bool {
	if path, found := strings.CutPrefix(target, "unix:"); found {
		conn, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	response, err := probe.Get(target)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
