// Reads a page with VictoriaMetrics' parser, once for each line of its input, and prints how many nanoseconds that took.
package main

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/prometheus"
)

func main() {
	page, err := os.ReadFile(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	text := string(page)
	var rows prometheus.Rows
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		start := time.Now()
		rows.Unmarshal(text)
		fmt.Println(time.Since(start).Nanoseconds())
	}
}
