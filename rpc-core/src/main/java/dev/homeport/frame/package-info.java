/**
 * The frames that travel between two call engines, as bytes: layout, writer, reader, metadata. Knows no call and no transport.
 */
@NullMarked
package dev.homeport.frame;

import org.jspecify.annotations.NullMarked;
