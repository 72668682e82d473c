/**
 * A directory tree as a service, and a client that mirrors one and verifies every file. Written against
 * {@code io.grpc} alone; {@link dev.homeport.examples.files.Demo} runs both as two processes.
 */
@NullMarked
package dev.homeport.examples.files;

import org.jspecify.annotations.NullMarked;
