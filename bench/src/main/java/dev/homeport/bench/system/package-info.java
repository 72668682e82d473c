/** What the benchmarks ask of the kernel by themselves, apart from the product that they measure. */
@NullMarked
package dev.homeport.bench.system;

import org.jspecify.annotations.NullMarked;
