/**
 * What a transport is to the rest of Homeport. The call engine and routing know these types only;
 * transports implement them and are found by {@link java.util.ServiceLoader}.
 */
@NullMarked
package dev.homeport.spi;

import org.jspecify.annotations.NullMarked;
