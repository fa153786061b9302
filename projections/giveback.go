package projections

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static void trim(void) { malloc_trim(0); }
#else
static void trim(void) {}
#endif
*/
import "C"

import "runtime/debug"

// giveBack returns to the system what a build has taken and freed: nothing that follows needs as much. Go would keep it for
// minutes, and the C library, of which SQLite has it, for ever.
func giveBack() {
	debug.FreeOSMemory()
	C.trim()
}
