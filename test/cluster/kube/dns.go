package main

import (
	"github.com/coredns/coredns/coremain"

	// The plugins that this cluster's DNS has, and no others: each brings its libraries along.
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func runDNS() { coremain.Run() }
