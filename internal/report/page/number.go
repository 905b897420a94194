package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Percent is a share of 1.
func Percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// Points is a difference of shares, with its sign.
func Points(difference float64) string {
	return strings.Replace(fmt.Sprintf("%+.1f", 100*difference), "-", "−", 1)
}

// Count is a whole number, its thousands apart from 10,000 on.
func Count(n int) string {
	if n < 10000 {
		return strconv.Itoa(n)
	}
	return Grouped(n)
}

// Grouped is a whole number with its thousands apart: 1,234.
func Grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Number has four digits that count.
func Number(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-3 || a >= 1e6) {
		return strconv.FormatFloat(v, 'e', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// Duration is a time in the two largest units that it fills.
func Duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

// Bytes is a size in GiB.
func Bytes(n int64) string { return fmt.Sprintf("%.0f GiB", float64(n)/(1<<30)) }

// Date is a time to the minute.
func Date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
