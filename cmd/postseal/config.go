package main

import (
	"context"

	"github.com/postseal/postseal/config"
)

func configCommand(_ context.Context, args []string, s streams) error {
	if len(args) != 1 || args[0] != "example" {
		return usageError{"say: config example"}
	}
	_, err := s.out.Write(config.Example())
	return err
}
