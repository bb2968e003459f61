package main

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

// Has a page read once for each line of the input, and prints how many nanoseconds that took.
func asked(read func(page []byte) error) {
	page, err := os.ReadFile(os.Args[1])
	for lines := bufio.NewScanner(os.Stdin); err == nil && lines.Scan(); {
		start := time.Now()
		if err = read(page); err == nil {
			fmt.Println(time.Since(start).Nanoseconds())
		}
	}
	if err != nil {
		os.Exit(1)
	}
}
