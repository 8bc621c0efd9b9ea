package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"golang.org/x/crypto/ssh"
	"golang.org/x/net/proxy"
	"golang.org/x/sys/unix"
)

type invalid struct{ message string }

func (e invalid) Error() string { return e.message }

func openSession(request *Request, n *network) (transport.UploadPackSession, error) {
	if err := n.configure(request); err != nil {
		return nil, invalid{err.Error()}
	}
	endpoint, err := transport.NewEndpoint(request.URL)
	if err != nil || endpoint.Password != "" {
		return nil, invalid{"not the URL of a git repository"}
	}
	switch endpoint.Protocol {
	case "https":
		return httpSession(request, n, endpoint)
	case "ssh":
		return sshSession(request, n, endpoint)
	}
	return nil, invalid{fmt.Sprintf("%s is not taken, https and ssh are", endpoint.Protocol)}
}

func httpSession(request *Request, n *network, endpoint *transport.Endpoint) (transport.UploadPackSession, error) {
	client, err := n.httpClient(request.CA)
	if err != nil {
		return nil, err
	}
	var auth transport.AuthMethod
	if request.Password != "" {
		client.Transport = &bound{hosts: request.Hosts, next: client.Transport}
		// Hosts that take a token as the password take any name with it.
		auth = &githttp.BasicAuth{Username: orElse(request.Username, "git"), Password: request.Password}
	}
	return githttp.NewClient(client).NewUploadPackSession(endpoint, auth)
}

func sshSession(request *Request, n *network, endpoint *transport.Endpoint) (transport.UploadPackSession, error) {
	if request.PrivateKey == "" || request.KnownHosts == "" {
		return nil, invalid{"ssh needs a pull secret with ssh-privatekey and known_hosts"}
	}
	keys, err := gitssh.NewPublicKeys(orElse(endpoint.User, "git"), []byte(request.PrivateKey), request.Password)
	if err != nil {
		return nil, invalid{"the pull secret's ssh-privatekey is not a private key in PEM, or its password is wrong"}
	}
	file, err := memoryFile(request.KnownHosts)
	if err != nil {
		return nil, err
	}
	known, err := gitssh.NewKnownHostsDb(file)
	if err != nil {
		return nil, invalid{"the pull secret's known_hosts cannot be read: " + firstLine(err.Error())}
	}
	port := endpoint.Port
	if port <= 0 {
		port = gitssh.DefaultPort
	}
	address := fmt.Sprintf("%s:%d", bracketed(endpoint.Host), port)
	keys.HostKeyCallback = known.HostKeyCallback()
	keys.HostKeyAlgorithms = known.HostKeyAlgorithms(address)
	// go-git dials through the proxy of the endpoint, where there is one: that is our own dialer.
	proxy.RegisterDialerType("kubenova", func(*url.URL, proxy.Dialer) (proxy.Dialer, error) { return n, nil })
	endpoint.Proxy = transport.ProxyOptions{URL: "kubenova://direct"}
	// No file of a machine says how to reach a host.
	gitssh.DefaultSSHConfig = nil
	return gitssh.NewClient(&ssh.ClientConfig{
		User:              keys.User,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(keys.Signer)},
		HostKeyCallback:   keys.HostKeyCallback,
		HostKeyAlgorithms: keys.HostKeyAlgorithms,
		Timeout:           n.idle,
	}).NewUploadPackSession(endpoint, keys)
}

// memoryFile gives text a path without a disk: known_hosts is only read from files.
func memoryFile(text string) (string, error) {
	descriptor, err := unix.MemfdCreate("known_hosts", 0)
	if err != nil {
		return "", err
	}
	path := fmt.Sprintf("/proc/self/fd/%d", descriptor)
	return path, os.WriteFile(path, []byte(text), 0)
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

func bracketed(host string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		return "[" + host + "]"
	}
	return host
}
