/** The processes that are measured, and how the benchmark talks to them. */
@NullMarked
package dev.homeport.bench.agent;

import org.jspecify.annotations.NullMarked;
