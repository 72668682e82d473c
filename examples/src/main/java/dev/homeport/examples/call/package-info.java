/**
 * A command that calls any method of any gRPC server with JSON, knowing nothing of its services beforehand: by the
 * generic stub, with descriptors from the server's reflection or from a file.
 */
@NullMarked
package dev.homeport.examples.call;

import org.jspecify.annotations.NullMarked;
