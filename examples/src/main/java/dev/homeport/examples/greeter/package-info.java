/** The smallest program: it knows only {@code io.grpc}, and goes local because the jar is there. */
@NullMarked
package dev.homeport.examples.greeter;

import org.jspecify.annotations.NullMarked;
