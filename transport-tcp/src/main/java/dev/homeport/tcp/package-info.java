/** The remote route: grpc-netty as it is. */
@NullMarked
package dev.homeport.tcp;

import org.jspecify.annotations.NullMarked;
