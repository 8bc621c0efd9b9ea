// The renderer: a child process of the agent that turns modules and inputs into graphs. See contract.ts for what is said
// on standard input and output; sandbox for what it may do beside. It exits with 0 where its input ends.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	"kubenova.io/renderer/sandbox"
	"kubenova.io/renderer/server"
)

const (
	exitFault   = 1
	exitUsage   = 2
	exitSandbox = 3
	// A module that recurses without end meets this before it has eaten the memory.
	maxStackBytes = 64 << 20
	// A render makes some megabytes of garbage: collected every sixth render and not at each.
	gcPercent = 400
)

func main() {
	memory := flag.Uint64("memory", 0, "bytes of memory at most; the process ends where it needs more")
	flag.Parse()
	if *memory == 0 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(exitUsage)
	}
	debug.SetMaxStack(maxStackBytes)
	debug.SetGCPercent(gcPercent)
	// The collector works harder as the limit comes near.
	debug.SetMemoryLimit(int64(*memory / 4 * 3))
	if err := sandbox.Enter(*memory); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(exitSandbox)
	}
	if err := server.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFault)
	}
}
