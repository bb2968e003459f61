// Reads a page with Prometheus' own parser, once for each line of its input, and prints how many nanoseconds that took.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func main() {
	page, err := os.ReadFile(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		start := time.Now()
		parser, err := textparse.New(page, "text/plain")
		for err == nil {
			var entry textparse.Entry
			if entry, err = parser.Next(); err == nil && entry == textparse.EntrySeries {
				// As the server does for each series that it sees for the first time.
				var series labels.Labels
				parser.Metric(&series)
			}
		}
		if err != io.EOF {
			os.Exit(1)
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
}
