// Command kube is every program of the local Kubernetes in one binary: what they share, most of it,
// is compiled and linked once. The program is chosen by the name that the binary is called by (a
// symbolic link named kubectl) or else by the first argument (kube kubectl ...).
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	"kubenova.io/test/cluster/certificates"
	"kubenova.io/test/cluster/supervise"
)

var programs = map[string]func(){
	"etcd":                    func() { etcdmain.Main(os.Args) },
	"kube-apiserver":          func() { run(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() { run(kcm.NewControllerManagerCommand()) },
	"kube-scheduler":          func() { run(scheduler.NewSchedulerCommand()) },
	"kubelet":                 func() { run(kubelet.NewKubeletCommand(context.Background())) },
	"kube-proxy":              func() { run(kubeproxy.NewProxyCommand()) },
	"kubectl":                 func() { run(kubectl.NewDefaultKubectlCommand()) },
	"kwok":                    func() { forgetFlags(); runKwok() },
	"coredns":                 runDNS,
	"helm":                    func() { forgetFlags(); runHelm() },
	// Our own three: see the packages.
	"start":        func() { exit(supervise.Start(os.Args[1])) },
	"supervise":    func() { exit(supervise.Run(os.Args[1])) },
	"certificates": func() { exit(certificates.Make(os.Args[1], os.Stdin)) },
}

func main() {
	name := filepath.Base(os.Args[0])
	if _, known := programs[name]; !known && len(os.Args) > 1 {
		name = os.Args[1]
		os.Args = slices.Delete(os.Args, 0, 1)
	}
	program, known := programs[name]
	if !known {
		fmt.Fprintln(os.Stderr, "unknown program", name)
		os.Exit(2)
	}
	program()
}

func run(c *cobra.Command) { os.Exit(cli.Run(c)) }

// forgetFlags drops what Kubernetes' packages registered for every program of the process: cobra would
// add it to each command, and its --version is not the one that these programs expect.
func forgetFlags() {
	pflag.CommandLine = pflag.NewFlagSet(os.Args[0], pflag.ContinueOnError)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
