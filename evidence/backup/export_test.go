package backup

import (
	"context"
	"errors"
	"time"
)

var errCrash = errors.New("crash")

// UpdateUntil is Update that dies before the write of a file after the first so many, leaving all as it is then. It reports
// whether it came to its end.
func UpdateUntil(dir string, src Source, writes int) (Report, bool) {
	done := 0
	beforeWrite = func() {
		if done++; done > writes {
			panic(errCrash)
		}
	}
	defer func() { beforeWrite = func() {} }()
	defer func() {
		if what := recover(); what != nil && what != errCrash {
			panic(what)
		}
	}()
	r, err := Update(context.Background(), dir, src, Options{Pause: time.Nanosecond})
	return r, err == nil
}
