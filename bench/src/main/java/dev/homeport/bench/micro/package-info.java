/** Microbenchmarks of the pieces of a call, by JMH. */
@NullMarked
package dev.homeport.bench.micro;

import org.jspecify.annotations.NullMarked;
