/**
 * Callbacks by TCP: the engine's frames inside one stream of gRPC, and the tags by which calls name it. Knows
 * nothing of a transport but {@code io.grpc}.
 */
@NullMarked
package dev.homeport.carry;

import org.jspecify.annotations.NullMarked;
