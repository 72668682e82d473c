/**
 * What gRPC finds by {@link java.util.ServiceLoader}. Compiled for Java 8: an old JVM that meets these
 * classes on its class path must load them and pass on, so they refer to nothing newer by name.
 */
@NullMarked
package dev.homeport.dropin;

import org.jspecify.annotations.NullMarked;
