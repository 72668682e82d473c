/** Homeport beside its rivals, in one run. {@link dev.homeport.bench.Bench} is the program. */
@NullMarked
package dev.homeport.bench;

import org.jspecify.annotations.NullMarked;
