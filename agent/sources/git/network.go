package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// network is every connection of the process: it checks addresses where they are connected to, counts bytes, and ends
// what is silent.
type network struct {
	allowed []netip.Prefix
	refused []netip.Prefix
	limit   int64
	idle    time.Duration
	read    atomic.Int64
}

type refusedAddress struct{ host string }

func (e refusedAddress) Error() string {
	return fmt.Sprintf("%s is an address that no source may have (docs/sources.md, \"Networks\")", e.host)
}

type tooManyBytes struct{ limit int64 }

func (e tooManyBytes) Error() string { return fmt.Sprintf("it sends more than %d bytes", e.limit) }

func (n *network) bytes() int64 { return n.read.Load() }

func (n *network) configure(request *Request) (err error) {
	if n.allowed, err = prefixes(request.Allowed); err != nil {
		return err
	}
	n.idle = time.Duration(request.IdleMs) * time.Millisecond
	n.refused, err = prefixes(request.Refused)
	return err
}

func prefixes(texts []string) ([]netip.Prefix, error) {
	found := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		found = append(found, prefix.Masked())
	}
	return found, nil
}

var (
	translated = netip.MustParsePrefix("64:ff9b::/96")
	compatible = netip.MustParsePrefix("::/96")
)

// isAllowed agrees with addressPolicy of agent/sources/network/addresses.ts.
func (n *network) isAllowed(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	candidates := []netip.Addr{address}
	if translated.Contains(address) || compatible.Contains(address) {
		bytes := address.As16()
		candidates = append(candidates, netip.AddrFrom4([4]byte(bytes[12:])))
	}
	return containsAny(n.allowed, candidates) || !containsAny(n.refused, candidates)
}

func containsAny(prefixes []netip.Prefix, addresses []netip.Addr) bool {
	for _, prefix := range prefixes {
		for _, address := range addresses {
			if prefix.Contains(address) {
				return true
			}
		}
	}
	return false
}

// dialer checks each address right before the connection is made to it: a name that resolves otherwise a moment later
// gains nothing.
func (n *network) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: n.idle,
		Control: func(_, address string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(address)
			if err != nil || !n.isAllowed(target.Addr()) {
				return refusedAddress{host: address}
			}
			return nil
		},
	}
}

func (n *network) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	conn, err := n.dialer().DialContext(ctx, kind, address)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn, network: n}, nil
}

// DialContext makes it the one dialer of the ssh transport.
func (n *network) DialContext(ctx context.Context, kind, address string) (net.Conn, error) {
	return n.dial(ctx, kind, address)
}

// Dial makes it a proxy.Dialer.
func (n *network) Dial(kind, address string) (net.Conn, error) {
	return n.dial(context.Background(), kind, address)
}

type countedConn struct {
	net.Conn
	network *network
}

func (c *countedConn) Read(buffer []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.network.idle)); err != nil {
		return 0, err
	}
	count, err := c.Conn.Read(buffer)
	if c.network.read.Add(int64(count)) > c.network.limit {
		return 0, tooManyBytes{c.network.limit}
	}
	return count, err
}

// bound asks nobody but the hosts that the password is for, wherever a server redirects: what a redirect takes along is
// otherwise a matter of the libraries below.
type bound struct {
	hosts []string
	next  http.RoundTripper
}

type foreignHost struct{ host string }

func (e foreignHost) Error() string {
	return fmt.Sprintf("the server redirects to %s, which the key `host` of the pull secret does not name", e.host)
}

func (b *bound) RoundTrip(request *http.Request) (*http.Response, error) {
	host := strings.TrimSuffix(strings.ToLower(request.URL.Host), ":443")
	if request.URL.Scheme != "https" || !slices.Contains(b.hosts, host) {
		return nil, foreignHost{host: firstLine(request.URL.Host)}
	}
	return b.next.RoundTrip(request)
}

func (n *network) httpClient(ca string) (*http.Client, error) {
	pool, err := x509.SystemCertPool()
	if err != nil || pool == nil {
		pool = x509.NewCertPool()
	}
	if ca != "" && !pool.AppendCertsFromPEM([]byte(ca)) {
		return nil, invalid{"ca.crt holds no certificate"}
	}
	return &http.Client{Transport: &http.Transport{
		DialContext:           n.dial,
		TLSClientConfig:       &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   n.idle,
		ResponseHeaderTimeout: n.idle,
		ForceAttemptHTTP2:     true,
		// The bytes that travel are those that are counted: nothing is unpacked on the way.
		DisableCompression: true,
	}}, nil
}
