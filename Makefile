# Everything that a contributor runs. `make demo` and `make test` set up what
# they need on a fresh machine.
GO      ?= go
FUZZTIME ?= 10s
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X main.version=$(VERSION)

.PHONY: all build deb demo test storm load day mutants bench quick detect scanners probe scan deps lint vuln web web-check fuzz screenshots clean

all: build

build: ## the binary, bin/postseal
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/postseal ./cmd/postseal

NFPM = $(GO) run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0
deb: build ## a Debian package in build/, the same octets from the same commit
	@VERSION=$(VERSION) NFPM="$(NFPM)" scripts/deb.sh

demo: build ## the whole program on loopback; prints the address to open
	bin/postseal demo

test: deps lint web-check ## everything, against real Postfix, Redis and Chromium
	$(GO) test -race -timeout 40m -parallel 4 ./... # more than two wait for browsers and servers, not for a processor
	@scripts/fuzz.sh 5s

quick: ## what needs no services; under a minute once built
	POSTSEAL_NO_SERVICES=1 $(GO) test -short ./...

detect: ## precision and recall of the scan for personal data, both halves of testdata/pid/messages
	$(GO) test ./policy -count=1 -run TestDetection -v
	$(GO) test ./policy -count=1 -run TestDetection -v -held

scanners: ## a robot presses everything in 1,000 of our mails (16 of them in make test)
	POSTSEAL_ROBOT_MAILS=1000 $(GO) test ./portal -count=1 -timeout 60m -run TestBrowserRobotPressesEverything -v

probe: ## signing in, resetting, registering: 1,000 times with an account and 1,000 without, and how long each takes
	GOGC=400 POSTSEAL_PROBE=1000 $(GO) test ./portal -count=1 -timeout 60m -run TestProbeTimes -v

scan: ## 200 envelopes against rspamd, SpamAssassin and our own restatement of public rules (12 in make test)
	@scripts/deps.sh scan
	POSTSEAL_SCAN=100 $(GO) test ./internal/e2e -count=1 -timeout 40m -run 'TestScan$$' -v

STORM_MESSAGES ?= 20000
STORM_KILLS    ?= 300
storm: ## everything killed, stopped, cut and filled up under load; proves the promises (500 messages, 10 kills in make test)
	STORM_STRIDE=1 STORM_MESSAGES=$(STORM_MESSAGES) STORM_KILLS=$(STORM_KILLS) $(GO) test ./internal/e2e -count=1 -timeout 12h -run 'TestStorm' -v

load: ## 1,000 connections to milter and website each, and a burst of 10,000 messages (200 in make test)
	LOAD_MESSAGES=10000 $(GO) test ./internal/e2e -count=1 -timeout 60m -run 'TestLoad$$' -v

DAY_DAYS ?= 7
day: ## days, and the months after them, by a clock of their own: every expiry, reminder and sweep (2 days in make test)
	DAY_DAYS=$(DAY_DAYS) $(GO) test ./cmd/postseal -count=1 -timeout 60m -run 'TestADayInMinutes|TestClockJumps' -v

mutants: ## checks the storm's checker: each guard of internal/e2e/testdata/mutants.txt turned off alone must be found
	POSTSEAL_MUTANTS=1 $(GO) test ./internal/e2e -count=1 -timeout 2h -run 'TestMutants' -v

bench: ## every goal of docs/performance.md against its baseline in the same run; BENCH="1 4" measures some
	POSTSEAL_BENCH=1 $(GO) test ./bench -count=1 -timeout 2h -run TestGoals -v

deps: ## Postfix, Redis, Chromium, Firefox, OpenDKIM, ClamAV and Node, installed where that is allowed
	@scripts/deps.sh

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
vuln: ## known weaknesses in what the program calls; wants the internet, since the database of them is there
	$(GO) run $(GOVULNCHECK) ./...

web: ## rebuild the script and style of securedoc.html from envelope/web
	envelope/web/build.sh

web-check: ## the committed page script is what its sources give, byte for byte
	envelope/web/check.sh

SHOTS ?= screenshots
screenshots: deps ## every page of site and file, narrow and wide, in each language, as pictures in SHOTS, and judged by every rule of axe-core
	mkdir -p $(SHOTS)
	POSTSEAL_SCREENSHOTS=$(abspath $(SHOTS)) $(GO) test ./portal -count=1 -timeout 60m -run TestEveryPage -v

fuzz: ## every fuzz target in turn, FUZZTIME each
	@scripts/fuzz.sh $(FUZZTIME)

clean:
	rm -rf bin build envelope/web/node_modules
