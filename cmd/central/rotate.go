package main

import (
	"fmt"

	"motcua/cmd/central/internal/keys"
)

type rotateCommand struct {
	Dir    string `arg:"" help:"Folder of central's keys."`
	Hybrid bool   `help:"Make a key that also withstands quantum machines (X25519 with ML-KEM-768). Stations then seal to keys of that kind only."`
}

// Run makes the key and prints the file that the bundles must get.
func (c *rotateCommand) Run() error {
	path, err := keys.Rotate(c.Dir, c.Hybrid)
	if err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}
