/**
 * The call engine: gRPC's {@code ClientCall} and {@code ServerCall} on top of a {@link dev.homeport.spi.FramePort}. Symmetric: either side of a connection may start calls.
 */
@NullMarked
package dev.homeport.call;

import org.jspecify.annotations.NullMarked;
