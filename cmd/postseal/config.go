package main

import (
	"context"

	"github.com/postseal/postseal/config"
)

func configCommand(_ context.Context, args []string, s streams) error {
	if len(args) == 0 || args[0] != "example" {
		return usageError{"say: config example"}
	}
	f := flags("config example", s)
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	if f.NArg() != 0 {
		return usageError{"config example takes no arguments"}
	}
	_, err := s.out.Write(config.Example())
	return err
}
