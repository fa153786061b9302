# The build-tag set stands here and nowhere else: another set compiles SQLite again, and without sqlite_fts5 there is no
# search. Flags that the caller's environment brings (-race, -mod=...) are kept.
export GOFLAGS := $(strip $(filter-out -tags=% -buildvcs=%,$(GOFLAGS)) -buildvcs=false -tags=sqlite_fts5,sqlite_omit_load_extension)
export CGO_ENABLED := 1

.DEFAULT_GOAL := build
.PHONY: build run test short bench fmt env

build: ## the program, ./plantrail
	go build -o plantrail ./cmd/plantrail

run: build ## build and serve; make run ARGS="--demo" passes flags on
	./plantrail serve $(ARGS)

test: ## everything that must hold before a change lands; make test PKG=./web runs the tests of that package alone
	PKG="$(PKG)" .ci/check

short: ## the quick part, without the race detector
	gofmt -l . | (! grep .)
	go vet ./...
	go test -short ./...

bench: ## the figures, each as a ratio to a raw limit measured in the same run; PKG=./eventstore BENCH=Replay narrows it
	go test -run '^$$' -bench '$(or $(BENCH),.)' -timeout 60m $(or $(PKG),./...)

fmt:
	gofmt -w .

env: ## secrets for docker-compose.yml, new and random, into .env; an existing .env is kept
	deploy/env
