package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

// joinCommand answers those who ask to join (SCC-18). Approving a connection by mail
// server puts its domain on the operator's list of partners, if there is one.
func joinCommand(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 || args[0] != "list" && args[0] != "show" && args[0] != "approve" && args[0] != "refuse" {
		return usageError{"say: join list [--all], join show NUMBER, join approve NUMBER, or join refuse NUMBER"}
	}
	f := flags("join "+args[0], s)
	path := configFlag(f)
	var all bool
	var reply string
	switch args[0] {
	case "list":
		f.BoolVar(&all, "all", false, "those that were answered too")
	case "approve", "refuse":
		f.StringVar(&reply, "reply", "", "`WORDS` to the one who asked; they leave in an ordinary email")
	}
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	if want := map[bool]int{true: 0, false: 1}[args[0] == "list"]; f.NArg() != want {
		return usageError{"name one request by its number; list takes none"}
	}
	cfg, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	now := time.Now()
	switch args[0] {
	case "list":
		return listRequests(ctx, st, s.out, all, now)
	case "show":
		r, err := st.Request(ctx, f.Arg(0), now)
		if err != nil {
			return explainJoin(f.Arg(0), err)
		}
		printRequest(s.out, r, now)
		return nil
	case "approve":
		return approve(ctx, cfg, st, s.out, f.Arg(0), reply, now)
	}
	return decide(ctx, cfg, st, s.out, f.Arg(0), store.RequestDeclined, reply, now)
}

func explainJoin(number string, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there is no request %s; postseal join list --all shows them", number)
	case errors.Is(err, store.ErrExists):
		return fmt.Errorf("request %s was answered already: postseal join show %s", number, number)
	case errors.Is(err, store.ErrTooLong):
		return errors.New("the words of --reply are too long")
	case errors.Is(err, policy.ErrConsumer):
		return fmt.Errorf("request %s is from a consumer mail service, which can never be a TLS partner (anybody can have an address there); refuse it", number)
	case errors.Is(err, policy.ErrNoDomain):
		return fmt.Errorf("request %s names no domain that could be a TLS partner; refuse it", number)
	}
	return err
}

func listRequests(ctx context.Context, st *store.Store, w io.Writer, all bool, now time.Time) error {
	rs, err := st.Requests(ctx, now)
	if err != nil {
		return err
	}
	n := 0
	for _, r := range rs {
		if r.State != "" && !all {
			continue
		}
		n++
		fmt.Fprintf(w, "%s %s %s, %s: %s\n", r.Number, r.Kind, standing(r, now), r.At.Local().Format("2006-01-02 15:04"), oneLineOf(r.Organisation))
	}
	if n == 0 {
		fmt.Fprintln(w, "nobody waits for an answer")
	}
	return nil
}

// standing says how a request stands against its target (CJSM-9).
func standing(r store.Request, now time.Time) string {
	switch {
	case r.State != "":
		return r.State
	case now.After(r.Due()):
		return "OVERDUE since " + r.Due().Local().Format("2006-01-02 15:04")
	}
	return "waiting, due " + r.Due().Local().Format("2006-01-02 15:04")
}

func printRequest(w io.Writer, r store.Request, now time.Time) {
	fmt.Fprintf(w, "%s %s\n", r.Number, standing(r, now))
	for _, fact := range portal.JoinFacts(words.In(words.Default), r) {
		fmt.Fprintln(w, oneLineOf(fact))
	}
	if r.State != "" {
		fmt.Fprintf(w, "%s by %s at %s\n", r.State, r.By, r.EndAt.Local().Format("2006-01-02 15:04"))
	}
	fmt.Fprintln(w, "Nobody has checked what was typed: telephone before you approve.")
}

// approve looks at the domain before anybody is told anything, and changes the list
// last: an approved request whose domain is not on it yet can be put right by hand.
func approve(ctx context.Context, cfg *config.Config, st *store.Store, w io.Writer, number, reply string, now time.Time) error {
	r, err := st.Request(ctx, number, now)
	if err != nil {
		return explainJoin(number, err)
	}
	domain := ""
	if r.Kind == store.KindServer {
		if domain, err = policy.TLSPartner(r.Domain); err != nil {
			return explainJoin(number, err)
		}
	}
	if err := decide(ctx, cfg, st, w, number, store.RequestApproved, reply, now); err != nil || domain == "" {
		return err
	}
	file := cfg.JoiningFile()
	if file == "" {
		fmt.Fprintf(w, "Add this line to the list of your TLS partners (the rule with do: tls), then reload postseal:\n%s\n", domain)
		return nil
	}
	added, err := addPartner(file, domain)
	switch {
	case err != nil:
		return fmt.Errorf("the request is approved, but %s could not be changed (%w); add the line %s yourself", file, err, domain)
	case !added:
		fmt.Fprintf(w, "%s is in %s already\n", domain, file)
	default:
		fmt.Fprintf(w, "%s added to %s; reload postseal (systemctl reload postseal) to take it over\n", domain, file)
	}
	return nil
}

func decide(ctx context.Context, cfg *config.Config, st *store.Store, w io.Writer, number, state, reply string, now time.Time) error {
	r, err := st.AnswerRequest(ctx, number, state, reply, operatorName(), now)
	if err != nil {
		return explainJoin(number, err)
	}
	data, err := json.Marshal(notice.JoinData{Number: r.Number, State: r.State, Answer: r.Answer, Page: portal.JoinPage(cfg.Portal.URL, r), Lang: r.Lang})
	if err == nil {
		err = st.Enqueue(ctx, store.Outgoing{Kind: string(notice.Join), To: r.Address, Data: data, Due: now, Expires: now.Add(store.OutboxLife)})
	}
	if err != nil {
		return fmt.Errorf("the request is %s, but %s could not be told (%w)", r.State, r.Address, err)
	}
	fmt.Fprintf(w, "request %s of %s is %s; %s is told\n", r.Number, oneLineOf(r.Organisation), r.State, r.Address)
	return nil
}

// addPartner puts a domain at the end of a list file, which keeps its owner and
// rights; false if it is there already.
func addPartner(file, domain string) (bool, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return false, plain(err)
	}
	if _, err := policy.ParseList(b); err != nil {
		return false, err
	}
	for line := range bytes.Lines(b) {
		if words := bytes.Fields(line); len(words) > 0 && string(bytes.ToLower(words[0])) == domain {
			return false, nil
		}
	}
	line := domain + "\n"
	if len(b) > 0 && b[len(b)-1] != '\n' {
		line = "\n" + line
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return false, plain(err)
	}
	_, err = f.WriteString(line) // one write, which nobody reads half
	return err == nil, errors.Join(err, f.Sync(), f.Close())
}
