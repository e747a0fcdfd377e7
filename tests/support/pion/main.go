// SPDX-License-Identifier: MIT
// An ICE agent of pion as the passive side of ICE-TCP (RFC 6544) on loopback, for the independent
// peer. It says "UFRAG PWD CANDIDATE" (as in SDP), is told "UFRAG PWD" and then candidates, a line
// each, up to an empty one, and says "connected". From then on what comes on its input leaves by the
// connection and the other way round, each read as one frame (RFC 4571).
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/logging"
)

const largestFrame = 8192 // pion takes no larger one

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pion:", err)
		os.Exit(1)
	}
}

func main() {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(err)
	logs := logging.NewDefaultLoggerFactory()
	logs.Writer = os.Stderr
	mux := ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: listener, Logger: logs.NewLogger("mux"), ReadBufferSize: 64})
	agent, err := ice.NewAgent(&ice.AgentConfig{
		NetworkTypes:    []ice.NetworkType{ice.NetworkTypeTCP4},
		CandidateTypes:  []ice.CandidateType{ice.CandidateTypeHost},
		InterfaceFilter: func(name string) bool { return name == "lo" },
		IncludeLoopback: true, TCPMux: mux, LoggerFactory: logs})
	must(err)
	found := make(chan string, 16)
	must(agent.OnCandidate(func(candidate ice.Candidate) {
		if candidate != nil {
			found <- candidate.Marshal()
		}
	}))
	ufrag, pwd, err := agent.GetLocalUserCredentials()
	must(err)
	must(agent.GatherCandidates())
	fmt.Println(ufrag, pwd, <-found)

	input := bufio.NewReader(os.Stdin)
	line := func() string {
		text, err := input.ReadString('\n')
		must(err)
		return strings.TrimSpace(text)
	}
	theirs := strings.Fields(line())
	for text := line(); text != ""; text = line() {
		if candidate, err := ice.UnmarshalCandidate(text); err == nil {
			must(agent.AddRemoteCandidate(candidate))
		}
	}
	within, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	connection, err := agent.Accept(within, theirs[0], theirs[1])
	must(err)
	fmt.Println("connected")
	go func() {
		octets := make([]byte, largestFrame)
		for {
			count, err := connection.Read(octets)
			must(err)
			_, err = os.Stdout.Write(octets[:count])
			must(err)
		}
	}()
	octets := make([]byte, largestFrame)
	for {
		count, err := input.Read(octets)
		if err == io.EOF {
			must(agent.Close())
			return
		}
		must(err)
		_, err = connection.Write(octets[:count])
		must(err)
	}
}
