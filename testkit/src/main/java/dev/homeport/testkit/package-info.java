/**
 * One conformance suite for all transports. A topic is an abstract JUnit class that knows only {@code io.grpc};
 * a {@link dev.homeport.testkit.Transport} says how a server and a channel of one transport are made.
 */
@NullMarked
package dev.homeport.testkit;

import org.jspecify.annotations.NullMarked;
